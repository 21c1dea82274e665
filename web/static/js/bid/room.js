/** Where every page of the room begins: words, who is here, whose keys are believed, and what is done quietly. */
import { Refusal } from "../sealed/refusal.js";
import * as home from "./home.js";
import { identity, own } from "./identity.js";
import { alarm, element, loadWords, room, sayError, tell, text } from "./kit.js";
import { listed, quietly, shelved, fetchAll } from "./quiet.js";
import { Lot } from "./lot.js";
import * as secret from "./secret.js";
import { trust } from "./trust.js";

const TEN_MINUTES = 600_000;

// Which lot a room without one shows: what stands behind `#` never leaves the browser.
function wanted() {
  const [tender, lot, section] = location.hash.slice(1).split("/");
  return { tender, lot, section };
}

async function place(who, lots) {
  const { tender, lot } = wanted();
  let page = tender && lot ? await shelved(who.own.party, tender, lot) : null;
  if (page === null) {
    await fetchAll(who.own.party, lots);
    page = tender && lot ? await shelved(who.own.party, tender, lot) : null;
  }
  if (page === null) {
    tell(element("lot").querySelector("[role=status]"), text("no_such_lot"));
    return false;
  }
  element("lot").replaceWith(document.adoptNode(page.getElementById("lot")));
  document.title = page.title;
  // Links within the page would put the lot's name out of the address.
  for (const link of document.querySelectorAll('#lot a[href^="#"]')) {
    link.href = `#${tender}/${lot}/${link.getAttribute("href").slice(1)}`;
  }
  for (const link of document.querySelectorAll("a[hreflang]")) link.hash = `${tender}/${lot}`;
  return true;
}

function follow() {
  addEventListener("hashchange", () => {
    const { tender, lot, section } = wanted();
    const data = JSON.parse(element("data").textContent);
    if (tender !== data.tender || lot !== data.lot) location.reload();
    else if (section) {
      element(section)?.scrollIntoView();
      element(`${section}-title`)?.focus();
    }
  });
}

async function pageOf(who, list, believed) {
  const { page } = room().dataset;
  if (page === "home") {
    const stands = who.unwritten ? "secret_unwritten" : who.secret === null ? "secret_none_home" : who.registered ? "secret_here" : "secret_other";
    tell(element("secret-state"), text(stands));
    element("ask-all").disabled = who.secret === null;
    home.wire({ ...who, trust: believed.file });
    await home.show(who);
  }
  if (page === "secret") secret.wire(who, believed);
  if (page === "any" && !(await place(who, list.lots))) return null;
  if (page === "any") follow();
  return page === "any" || page === "lot" ? Lot.open(who, believed.file, list.minute) : null;
}

// Something came since the page was put on the shelf: what counts is read at once, what is shown at the next reload.
async function renew(lot) {
  if (await lot?.renew()) alarm(text("newer"));
}

async function begin() {
  await loadWords();
  const [found, list, believed] = await Promise.all([identity(), listed(), trust()]);
  const who = { ...found, own: own() };
  if (believed.changed) alarm(text("trust_changed", { fingerprint: believed.changed }));
  const quiet = { ...who, party: who.own.party, seal: who.keys?.seal, trust: believed.file, lots: list.lots };
  const lot = await pageOf(who, list, believed);
  await quietly(quiet);
  await renew(lot);
  room().dataset.ready = "yes";
  // Lots that open while the page stays: their tickets are taken as quietly.
  setInterval(async () => {
    try {
      await quietly({ ...quiet, lots: (await listed()).lots });
      await renew(lot);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      tell(element("quiet"), sayError(error));
    }
  }, TEN_MINUTES);
}

begin().catch((error) => alarm(sayError(error)));
