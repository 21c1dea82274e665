/** Signing: headers and statement of a version, the organisation's own two signatures, and those of partners. */
import { hex, unhex } from "../sealed/bytes.js";
import { verify } from "../sealed/curves.js";
import { Refusal } from "../sealed/refusal.js";
import * as statements from "../sealed/statement.js";
import * as tickets from "../sealed/tickets.js";
import { readSmall } from "./fields.js";
import { room } from "./kit.js";
import { PARTS } from "./known.js";
import { paperFile } from "./paper.js";
import { check, cmsEntry, givenEntry, keyEntry, ownParty } from "./signatures.js";

const MOST = 512 * 1024;
const FORMER = 8;

/**
 * @typedef {import("./lot.js").Lot} Lot
 * @typedef {import("./registration.js").Entry} Entry
 */

/**
 * The number of the next version: above everything the box took of this bid key, and everything sealed here.
 * @param {Lot} lot
 * @returns {Promise<number>}
 */
export async function nextSeq(lot) {
  const accepted = (await (await lot.box()).own()).map(({ seq }) => seq);
  return Math.max(0, ...accepted, lot.draft.state.sealed?.seq ?? 0) + 1;
}

/**
 * Makes headers and statement of the next version and signs them, where the registered keys are here.
 * @param {Lot} lot
 * @returns {Promise<void>} refuses with `statement.*`, `sealed.*`, what the box refuses
 */
export async function sign(lot) {
  const { who, draft, known } = lot;
  const seq = await nextSeq(lot);
  const headers = Object.fromEntries(PARTS.map((part) => [part, draft.header(part)]));
  const { blindSeed, bidKey } = await tickets.request(who.secret, lot.tender, lot.lot, known.spki);
  const about = { tender: lot.tender, lot: lot.lot, bid_key: hex(bidKey), seq, terms: known.terms };
  const statement = await statements.build(about, blindSeed, headers, draft.parties(who.own.uscc));
  const entries = who.registered ? { [who.own.uscc]: await keyEntry(statement, who) } : {};
  await draft.note((state) => {
    state.work = { seq, headers, statement, entries, registered: { [who.own.uscc]: who.own.events[0].event.public } };
    // What was signed before: a partner's signature may come back for that one.
    state.statements = [...state.statements, statement].slice(-FORMER);
  });
}

/** @param {Lot} lot @returns {string[]} codes of the parties whose signatures are not there yet; null before anything is signed */
export function missing(lot) {
  const { work } = lot.draft.state;
  return work && work.statement.parties.map(({ uscc }) => uscc).filter((uscc) => !Object.hasOwn(work.entries, uscc));
}

/** @param {Lot} lot @returns {import("./signatures.js").Against} by the proved deadline alone; refuses where there is none */
export function against({ trust, known, tender }) {
  if (!known) throw new Refusal("client.not_in_log", { stream: `tender/${tender}`, version: 1 });
  return { trust, deadline: known.deadline };
}

/**
 * Takes a partner's entry, which it made from the lead's file; nobody is asked who the partner is.
 * @param {Lot} lot
 * @param {Blob} file
 * @returns {Promise<string>} whose it was; refuses with `joint.no_entry`, `joint.former`, and as `givenEntry` and `check`
 */
export async function takeEntry(lot, file) {
  const value = await readSmall(file, MOST);
  if (!Object.hasOwn(Object(value), "registration")) throw new Refusal("joint.no_entry");
  const { entry, party } = await givenEntry(value, lot.trust);
  const { work, statements: made } = lot.draft.state;
  if (work === null) throw new Refusal("bid.not_signed", { seq: 0 });
  if (!work.statement.parties.some(({ uscc }) => uscc === party.uscc)) throw new Refusal("bid.not_a_party", { party: `${party.name[room().dataset.lang]} ${party.uscc}` });
  try {
    await check(work.statement, entry, party, against(lot));
  } catch (error) {
    if (await isOf(made.slice(0, -1), entry, party)) throw new Refusal("joint.former");
    throw error;
  }
  await putEntry(lot, work.statement, entry, party);
  return party.uscc;
}

// Kept only beside the statement that was signed: another tab may have made the next one meanwhile.
async function putEntry({ draft }, statement, entry, party) {
  const signed = JSON.stringify(statement);
  await draft.note((state) => {
    if (JSON.stringify(state.work?.statement) !== signed) throw new Refusal("joint.former");
    state.work.entries[party.uscc] = entry;
    state.work.registered[party.uscc] = party;
  });
}

// Whether a registered key signed one of these statements. Of certificates that is not asked: all that fails is told.
async function isOf(made, { seal }, { seal_key }) {
  if (typeof seal?.signature !== "string" || seal.key !== seal_key) return false;
  for (const one of made) {
    try {
      await verify(unhex(seal_key, 32, "key"), statements.toSign(one), unhex(seal.signature, 64, "signature"));
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return false;
}

/** Takes our own two signatures by certificate, from dongles. @param {Lot} lot @param {{seal: Blob, person: Blob}} files */
export async function takeCms(lot, files) {
  const { own } = lot.who;
  const { statement } = lot.draft.state.work;
  const entry = await cmsEntry(statement, files, own, against(lot));
  await putEntry(lot, statement, entry, await ownParty(own, lot.trust));
}

/** Checks all entries once more: since they were taken the deadline may have moved past a certificate. @param {Lot} lot @param {object} work what is sealed */
export async function recheck(lot, { statement, entries, registered }) {
  for (const { uscc } of statement.parties) await check(statement, entries[uscc], registered[uscc], against(lot));
}

/** @param {Lot} lot @returns {Promise<Blob>} what partners are given; refuses with `joint.sign_first`, `joint.own_unwitnessed` */
export async function paper(lot) {
  const { own } = lot.who;
  const { statement, entries } = lot.draft.state.work;
  const entry = entries[own.uscc];
  // Partners check by our signatures that nobody changed the file on its way.
  if (!entry) throw new Refusal("joint.sign_first");
  await ownParty(own, lot.trust);
  return paperFile(statement, { entry, registration: own.events[0] });
}

/** @param {object} statement @returns {Blob} what a dongle signs */
export const toSign = (statement) => new Blob([statements.toSign(statement)], { type: "application/octet-stream" });
