/**
 * What every page of the room does quietly and alike for every lot: fetch its page, take its ticket.
 *
 * So neither a page that was fetched nor a ticket that was taken says what anybody bids on.
 */
import { unhex } from "../sealed/bytes.js";
import { issuance } from "../sealed/bid.js";
import { Refusal } from "../sealed/refusal.js";
import * as tickets from "../sealed/tickets.js";
import { before } from "./head.js";
import { own } from "./identity.js";
import { element, room, sayError, tell, text } from "./kit.js";
import { get, put } from "./keep.js";
import { known } from "./known.js";
import { office } from "./lines.js";

/** @typedef {{tender: string, lot: string, title: {zh: string, en: string}, deadline: string, state: string, open: boolean, mark: string, asked: number}} Listed
 *   `asked`: the version of the last event of the lot that this browser had shown before it asked for the list */

/** @returns {Promise<{lots: Listed[], now: string} & Parameters<typeof import("./head.js").heard>[0]>} */
export async function listed() {
  const held = await before(own().party);
  const list = await office("GET", "/bid/lots");
  return { ...list, lots: list.lots.map((one) => ({ ...one, asked: held.lots[`${one.tender}/${one.lot}`] ?? 0 })), before: held };
}

/** @param {Document} page @returns {any} what the page of a lot tells this browser */
export const dataOf = (page) => JSON.parse(page.getElementById("data").textContent);

/**
 * The page of a lot, from this browser's own shelf.
 * @param {string} party
 * @param {string} tender
 * @param {string} lot
 * @returns {Promise<Document|null>} null before it was fetched
 */
export async function shelved(party, tender, lot) {
  const found = await get("pages", [party, tender, lot, room().dataset.lang]);
  // A page of an older platform, from before pages brought their proofs, is fetched anew.
  if (found?.proved === undefined) return null;
  const page = new DOMParser().parseFromString(found.html, "text/html");
  page.getElementById("lot").dataset.asked = String(found.asked ?? 0);
  return page;
}

/**
 * How much of the lot this browser had shown before it asked for this page, or for the list that says that the page is the
 * newest: only that has to stand in it.
 * @param {Document} page
 * @returns {number} a version; 0 where that is not known
 */
export const askedOf = (page) => Number(page.getElementById("lot").dataset.asked ?? 0);

let round = null;
let looking = [];

/**
 * Fetches every lot's page that changed, in the order of the list, which is the same for everybody. Whoever asks while it
 * runs waits for the same round. A page that does not come stops none of the others; the last failure is told at the end.
 * @param {string} party
 * @param {Listed[]} lots
 * @returns {Promise<void>}
 */
export function fetchAll(party, lots) {
  round ??= walk(party, lots).finally(() => { round = null; });
  return round;
}

/**
 * A lot's page as soon as the round of all has come to it; the round goes on behind.
 * @param {string} party
 * @param {Listed[]} lots
 * @param {string} tender
 * @param {string} lot
 * @returns {Promise<Document|null>} null if there is none
 */
export async function soon(party, lots, tender, lot) {
  const here = new Promise((resolve) => { looking.push({ name: `${tender}/${lot}`, resolve }); });
  // What another lot's page met is not this one's: who runs the round tells it.
  const wrong = await Promise.race([fetchAll(party, lots).then(() => null, () => null), here]);
  const page = await shelved(party, tender, lot);
  if (page === null && wrong !== null) throw wrong;
  return page;
}

async function walk(party, lots) {
  let failure = null;
  for (const one of lots) {
    let wrong = null;
    try {
      await fetchOne(party, one);
    } catch (error) {
      wrong = failure = error;
    }
    const name = `${one.tender}/${one.lot}`;
    looking.filter((who) => who.name === name).forEach(({ resolve }) => resolve(wrong));
    looking = looking.filter((who) => who.name !== name);
  }
  if (failure !== null) throw failure;
}

async function fetchOne(party, { tender, lot, mark, asked }) {
  const { lang } = room().dataset;
  const key = [party, tender, lot, lang];
  // A page that lacks a proof is asked for again: witnesses come a little later than the event.
  const kept = await get("pages", key);
  if (kept?.mark === mark && kept.proved) {
    if (asked > (kept.asked ?? 0)) await put("pages", key, { ...kept, asked });
    return;
  }
  const answer = await reached(`/bid/${tender}/${lot}?lang=${lang}`, { credentials: "same-origin" });
  if (answer.redirected) return;
  if (!answer.ok) throw new Refusal("http.unreachable", { address: location.origin });
  const html = await answer.text();
  const { events, moves, outcome } = dataOf(new DOMParser().parseFromString(html, "text/html"));
  const proved = [...events, ...moves, ...outcome.events].every(({ proof }) => proof !== "");
  await put("pages", key, { mark, html, proved, asked });
}

async function reached(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error instanceof TypeError) throw new Refusal("http.unreachable", { address: location.origin });
    throw error;
  }
}

/**
 * Takes a ticket for every open lot that this browser has none of. A lot that gives none does not stop the others.
 * @param {{party: string, secret: CryptoKey, seal: object, trust: object, lots: Listed[]}} who
 * @returns {Promise<{held: number, failure: unknown}>} how many open lots it has a ticket for, and what went wrong last
 */
export async function takeAll({ party, secret, seal, trust, lots }) {
  let [held, failure] = [0, null];
  for (const { tender, lot } of lots.filter((one) => one.open)) {
    const key = [party, tender, lot];
    try {
      if ((await get("tickets", key)) === undefined) {
        const page = await shelved(party, tender, lot);
        if (page === null) continue;
        const { spki } = await known(dataOf(page), trust);
        const asked = await tickets.request(secret, tender, lot, spki);
        const answer = await office("POST", "/office/tickets", await issuance({ tender, lot, blinded: asked.blinded }, seal));
        await put("tickets", key, await asked.finalize(unhex(answer.blind_signature, 384, "blind_signature")));
      }
      held += 1;
    } catch (error) {
      failure = error;
    }
  }
  return { held, failure };
}

/** Both, with one quiet line that says how it stands. @param {object} who as `takeAll` wants it; `secret` null before there is one */
export async function quietly(who) {
  try {
    await fetchAll(who.party, who.lots);
    const of = who.lots.filter((one) => one.open).length;
    if (who.secret === null || !who.registered) return;
    // Two tabs that take tickets at once would ask twice for each.
    const { held, failure } = await navigator.locks.request(`tickets ${who.party}`, () => takeAll(who));
    const failed = failure === null ? "" : text("tickets_failed", { why: sayError(failure) });
    tell(element("quiet"), `${text("tickets", { held, of })} ${failed}`.trim());
  } catch (error) {
    tell(element("quiet"), text("tickets_failed", { why: sayError(error) }));
  }
}
