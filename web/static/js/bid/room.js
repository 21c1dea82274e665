/** Where every page of the room begins: words, who is here, whose keys are believed, and what is done quietly. */
import { Refusal } from "../sealed/refusal.js";
import { done, FORGOTTEN, offer } from "./forget.js";
import { heard, remember } from "./head.js";
import { identity, own } from "./identity.js";
import { alarm, element, loadWords, room, sayError, tell, text } from "./kit.js";
import { fetchAll, listed, quietly, shelved, soon } from "./quiet.js";
import { hearTabs } from "./tabs.js";
import { trust } from "./trust.js";

// How long until everybody asks again what is new; less where the next deadline is near, for all alike.
const [ROUND, SHORT_ROUND, NEAR] = [600_000, 120_000, 1_800_000];

// Which lot a room without one shows: what stands behind `#` never leaves the browser.
function wanted() {
  const [tender, lot, section] = location.hash.slice(1).split("/");
  return { tender, lot, section };
}

// The page where a partner signs lies within this one: an address of its own would tell the office who signs with others.
function placeCountersign(name) {
  element("lot").replaceWith(element("countersign-page").content.cloneNode(true));
  for (const link of document.querySelectorAll("a[hreflang]")) link.hash = name;
}

async function place(who, lots) {
  const { tender, lot } = wanted();
  const { party } = who.own;
  const page = tender && lot ? ((await shelved(party, tender, lot)) ?? (await soon(party, lots, tender, lot))) : null;
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
    // Links within the page of signing with others go to its parts.
    if (element("data") === null) {
      if (lot) location.reload();
      return;
    }
    const data = JSON.parse(element("data").textContent);
    if (tender !== data.tender || lot !== data.lot) location.reload();
    else if (section) {
      element(section)?.scrollIntoView();
      element(`${section}-title`)?.focus();
    }
  });
}

// What a kind of page needs is fetched by everybody who opens one of that kind: which modules are fetched tells no more.
async function pageOf(who, list, believed) {
  const { page } = room().dataset;
  if (page === "home") {
    const home = await import("./home.js");
    const stands = who.unwritten ? "secret_unwritten" : who.secret === null ? "secret_none_home" : who.registered ? "secret_here" : "secret_other";
    tell(element("secret-state"), text(stands));
    element("ask-all").disabled = who.secret === null;
    home.wire({ ...who, trust: believed.file });
    await home.show(who);
  }
  if (page === "secret") await (await import("./secret.js")).wire(who, believed);
  if (page !== "any" && page !== "lot") return null;
  const [{ Lot }, deadline, countersign] = await Promise.all([import("./lot.js"), import("./deadline.js"), import("./countersign.js")]);
  if (page === "any" && wanted().tender === countersign.NAME) {
    placeCountersign(countersign.NAME);
    await fetchAll(who.own.party, list.lots);
    countersign.open(who, believed.file, list.lots);
    follow();
    return null;
  }
  if (page === "any" && !(await place(who, list.lots))) return null;
  if (page === "any") follow();
  const lot = await Lot.open(who, believed.file, list.heard);
  deadline.wire(lot, list.clock);
  return lot;
}

// Something came since the page was put on the shelf: what counts is read at once, what is shown at the next reload.
async function renew(lot) {
  if (await lot?.renew()) alarm(text("newer"));
}

// What the list says of the log, where it is proved; what takes something back or is forged is an alarm.
async function hear(list, who, trust) {
  try {
    const found = await heard(list, trust);
    if (found) await remember(who.own.party, found);
    return found;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    alarm(text("alarm.log", { why: sayError(error) }));
    return null;
  }
}

// The same list tells everybody the same moment.
function nextRound({ lots, now }) {
  const left = lots.filter(({ open }) => open).map(({ deadline }) => Date.parse(deadline) - Date.parse(now));
  return left.some((one) => one < NEAR) ? SHORT_ROUND : ROUND;
}

// Lots that open while the page stays: their tickets are taken as quietly.
function goOn(quiet, lot, list) {
  setTimeout(async () => {
    let next = list;
    try {
      next = await listed();
      if (lot) await lot.hear(await hear(next, quiet, quiet.trust));
      await quietly({ ...quiet, lots: next.lots });
      await renew(lot);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      tell(element("quiet"), sayError(error));
    } finally {
      goOn(quiet, lot, next);
    }
  }, nextRound(list));
}

// Every page of the room holds the secret, and goes on keeping tickets and pages: what another tab forgot would come back.
function beForgotten({ party }) {
  hearTabs((what, key) => what === "forgotten" && key[0] === party && location.reload(), [party]);
}

async function begin() {
  await loadWords();
  if (room().dataset.page === "secret" && location.hash === FORGOTTEN) {
    done();
    room().dataset.ready = "yes";
    return;
  }
  beForgotten(own());
  const asked = listed().then((list) => ({ ...list, clock: { now: list.now, at: performance.now() } }));
  const [found, list, believed] = await Promise.all([identity(), asked, trust()]);
  const who = { ...found, own: own() };
  if (believed.changed) alarm(text("trust_changed", { fingerprint: believed.changed }));
  offer(who);
  list.heard = await hear(list, who, believed.file);
  const quiet = { ...who, party: who.own.party, seal: who.keys?.seal, trust: believed.file, lots: list.lots };
  const lot = await pageOf(who, list, believed);
  await quietly(quiet);
  await renew(lot);
  room().dataset.ready = "yes";
  goOn(quiet, lot, list);
}

begin().catch((error) => alarm(sayError(error)));
