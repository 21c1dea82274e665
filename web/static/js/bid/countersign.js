/**
 * A partner signs a joint bid: it takes the lead's file, shows what it says, and gives signatures back as a file.
 *
 * Nothing of this goes over the platform: what is asked for here is what every page of the room asks for (decision 0017).
 */
import { canonical } from "../sealed/canonical.js";
import { SealingWorker } from "../sealed/client.js";
import { Refusal } from "../sealed/refusal.js";
import { inForce } from "./deadline.js";
import { noAuthority, wireDongle } from "./dongle.js";
import { whole } from "./draft.js";
import { mark, save } from "./fields.js";
import { get, update } from "./keep.js";
import { alarm, clock, copy, element, room, sayError, tell, text } from "./kit.js";
import { known } from "./known.js";
import { checkLead, readPaper } from "./paper.js";
import { dataOf, shelved } from "./quiet.js";
import { entryFile } from "./registration.js";
import { cmsEntry, keyEntry, sayWrong } from "./signatures.js";
import { toSign } from "./sign.js";

/** @typedef {{statement: object, lead: {entry: object, party: object}|null, page: Document, against: import("./signatures.js").Against, warnings: string[]}} Judged */

/** What stands behind the `#` for this page: it has no address of its own, which would say what one does there. */
export const NAME = "countersign";

const key = (own, { tender, lot }) => [own.party, tender, lot, NAME];

/**
 * What a partner's browser says to the lead's file, by what everybody's browser has on its shelf.
 * @param {Blob} file
 * @param {object} who own, keys, registered
 * @param {object} trust the trust file
 * @param {import("./quiet.js").Listed[]} lots
 * @returns {Promise<Judged>} refuses with `joint.*`, and as the notice's proofs do
 */
export async function judge(file, { own }, trust, lots) {
  const paper = await readPaper(file, trust);
  const { statement } = paper;
  const listed = lots.find((one) => one.tender === statement.tender && one.lot === statement.lot);
  const page = listed && (await shelved(own.party, statement.tender, statement.lot));
  if (!page) throw new Refusal("joint.other_tender", { tender: statement.tender, lot: statement.lot });
  const place = statement.parties.findIndex(({ uscc }) => uscc === own.uscc);
  if (place < 0) throw new Refusal("joint.not_a_party", { uscc: own.uscc });
  if (place === 0) throw new Refusal("joint.own_lead");
  const data = dataOf(page);
  const proved = await known(data, trust);
  const against = { trust, deadline: inForce(data, proved) };
  if (!listed.open) throw new Refusal("joint.closed", { at: clock(against.deadline) });
  const { terms, addenda } = proved;
  if (terms !== statement.terms) throw new Refusal("joint.terms", { addenda });
  if (paper.lead) await checkLead(paper, against);
  return { ...paper, page, against, addenda, warnings: await warnings(paper, own) };
}

async function warnings({ statement, lead }, own) {
  const found = lead ? [] : [text("joint.unsigned_lead")];
  const signed = (await get("drafts", key(own, statement)))?.signed ?? [];
  const same = signed.filter(({ bid_key }) => bid_key === statement.bid_key);
  const newest = Math.max(0, ...same.map(({ seq }) => seq));
  if (newest > statement.seq) throw new Refusal("joint.older", { seq: statement.seq, newest });
  if (same.length < signed.length) found.push(text("joint.other_bid"));
  const { receipts, sealed } = whole(await get("drafts", [own.party, statement.tender, statement.lot]));
  if (receipts.at(-1)?.kind === "submission") throw new Refusal("joint.own_bid");
  if (sealed && !receipts.some(({ sha256 }) => sha256 === sealed.sha256)) found.push(text("joint.own_sealed"));
  return found;
}

/** Shows the page. @param {object} who @param {object} trust @param {import("./quiet.js").Listed[]} lots */
export function open(who, trust, lots) {
  // Fetched here as in the room of a lot, so that both fetch the same.
  new SealingWorker().run({ type: "curves", name: "auto" }).catch((error) => alarm(sayError(error)));
  let judged = null;
  const field = element("paper-file");
  field.addEventListener("change", async () => {
    [element("paper").hidden, element("given").hidden, element("paper-yes").checked] = [true, true, false];
    mark(field, "");
    try {
      if (!field.files.length) return;
      judged = await judge(field.files[0], who, trust, lots);
      showPaper(judged, who);
    } catch (error) {
      mark(field, sayWrong(error));
      field.focus();
    }
  });
  wireSigning(who, trust, () => judged);
  noAuthority(trust);
}

function wireSigning(who, trust, judged) {
  const unread = () => {
    const yes = element("paper-yes");
    mark(yes, yes.checked ? "" : text("joint.read_first"));
    if (!yes.checked) yes.focus();
    return !yes.checked;
  };
  element("paper-yes").addEventListener("change", ({ target }) => mark(target, ""));
  const give = async (entry) => {
    const { statement } = judged();
    const file = await entryFile(entry, who.own, trust);
    await remember(who.own, statement);
    element("given").hidden = false;
    element("entry-save").onclick = () => save(file, `signed-${who.own.uscc}-${statement.lot}.json`);
    element("given-title").focus();
  };
  element("countersign-now").hidden = !who.registered;
  element("no-key").hidden = who.registered;
  element("by-certificate").open = !who.registered;
  element("countersign-now").addEventListener("click", async () => {
    tell(element("countersign-error"), "");
    if (unread()) return;
    try {
      await give(await keyEntry(judged().statement, who));
    } catch (error) {
      tell(element("countersign-error"), sayOwn(error));
    }
  });
  wireDongle({
    bytes: () => toSign(judged().statement),
    take: async (files) => {
      if (unread()) return;
      await give(await cmsEntry(judged().statement, files, who.own, judged().against));
    },
  });
}

// What is not witnessed here is our own registration, not the notice.
const sayOwn = (error) => sayWrong(error instanceof Refusal && error.code === "client.not_in_log" ? new Refusal("joint.own_unwitnessed") : error);

async function remember(own, { tender, lot, bid_key, seq }) {
  await update("drafts", key(own, { tender, lot }), (found) => {
    const others = (found?.signed ?? []).filter((one) => one.bid_key !== bid_key || one.seq !== seq);
    return { signed: [...others, { bid_key, seq }] };
  });
}

function showPaper({ statement, lead, page, against, addenda, warnings: found }, { own }) {
  const { lang } = room().dataset;
  const names = { [own.uscc]: own.name, ...(lead ? { [lead.party.uscc]: lead.party.name[lang] } : {}) };
  const { share } = statement.parties.find(({ uscc }) => uscc === own.uscc);
  const said = {
    tender: page.querySelector(".crumb a").textContent,
    lot: page.querySelector("#lot h1").textContent.trim(),
    lead: [names[statement.parties[0].uscc], statement.parties[0].uscc].filter(Boolean).join(" "),
    share: `${share}%`,
    deadline: text("beijing", { time: clock(against.deadline) }),
    terms: text(addenda ? "joint.terms_addenda" : "joint.terms_notice", { addenda }),
    version: String(statement.seq),
  };
  for (const [name, words] of Object.entries(said)) element(`paper-${name}`).textContent = words;
  element("paper-parties").replaceChildren(...statement.parties.map(({ uscc, role, share }) => {
    const row = copy("paper-party");
    row.querySelector("[data-name]").textContent = names[uscc] ?? "";
    row.querySelector("[data-code]").textContent = uscc;
    row.querySelector("[data-role]").textContent = text(`role.${role}`);
    row.querySelector("[data-share]").textContent = `${share}%`;
    row.classList.toggle("marked", uscc === own.uscc);
    return row;
  }));
  element("paper-warnings").replaceChildren(...found.map((words) => Object.assign(document.createElement("li"), { textContent: words })));
  element("paper-raw").textContent = new TextDecoder().decode(canonical(statement));
  element("paper").hidden = false;
  element("paper-title").focus();
}
