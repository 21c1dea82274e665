/** Signing: headers and statement of a version, the organisation's own two signatures, and those of partners. */
import { hex, unhex, utf8 } from "../sealed/bytes.js";
import { canonical, members } from "../sealed/canonical.js";
import { verify } from "../sealed/curves.js";
import { Refusal } from "../sealed/refusal.js";
import * as statements from "../sealed/statement.js";
import * as tickets from "../sealed/tickets.js";
import { PARTS } from "./known.js";
import { readEntry } from "./registration.js";

const MOST = 65536;

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
  const entries = who.registered ? { [who.own.uscc]: await ownEntry(statement, who) } : {};
  await draft.note((state) => { state.work = { seq, headers, statement, entries }; });
}

/** @param {object} statement @param {object} who @returns {Promise<Entry>} an organisation's entry, by its registered keys */
export async function ownEntry(statement, { own, keys }) {
  const [seal, person] = await Promise.all([keys.seal, keys.person].map((key) => statements.keySignature(statement, key)));
  return { party: own.party, seal, person };
}

/** @param {Lot} lot @returns {string[]} codes of the parties whose signatures are not there yet; null before anything is signed */
export function missing(lot) {
  const { work } = lot.draft.state;
  return work && work.statement.parties.map(({ uscc }) => uscc).filter((uscc) => !Object.hasOwn(work.entries, uscc));
}

/**
 * Takes a partner's entry, which it made by `countersign` from the statement's file; nobody is asked who the partner is.
 * @param {Lot} lot
 * @param {Blob} file
 */
export async function takeEntry(lot, file) {
  if (file.size > 4 * MOST) throw new Refusal("http.too_long", { limit: 4 * MOST });
  const { entry, party } = await readEntry(readJson(await file.text()), lot.trust);
  const { work } = lot.draft.state;
  if (!work.statement.parties.some(({ uscc }) => uscc === party.uscc)) throw new Refusal("bid.not_a_party", { party: party.party });
  await checkEntry(work.statement, entry, party);
  await lot.draft.note((state) => { state.work.entries[party.uscc] = entry; });
}

/** Takes our own two signatures by certificate, from dongles. @param {Lot} lot @param {Blob} seal @param {Blob} person */
export async function takeCms(lot, seal, person) {
  if (!seal || !person) throw new Refusal("bid.two_signatures");
  const [one, other] = await Promise.all([seal, person].map(async (file) => {
    if (file.size > MOST) throw new Refusal("http.too_long", { limit: MOST });
    return { cms: hex(new Uint8Array(await file.arrayBuffer())) };
  }));
  const { own } = lot.who;
  await lot.draft.note((state) => { state.work.entries[own.uscc] = { party: own.party, seal: one, person: other }; });
}

// The same two checks that judge after the opening, for signatures by registered keys; certificates are checked there.
async function checkEntry(statement, { seal, person }, party) {
  const message = statements.toSign(statement);
  for (const [one, key] of [[seal, party.seal_key], [person, party.person.key]]) {
    if (Object.hasOwn(one, "cms")) continue;
    const got = members(one, "key signature");
    if (got.key !== key) throw new Refusal("signature.wrong_key");
    await verify(unhex(key, 32, "key"), message, unhex(got.signature, 64, "signature"));
  }
}

function readJson(said) {
  try {
    return JSON.parse(said);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal("canonical.not_object");
    throw error;
  }
}

/** @param {Lot} lot @returns {{statement: Blob, bytes: Blob}} what partners and dongles sign */
export function papers(lot) {
  const { statement } = lot.draft.state.work;
  return {
    statement: new Blob([canonical(statement), utf8("\n")], { type: "application/json" }),
    bytes: new Blob([statements.toSign(statement)], { type: "application/octet-stream" }),
  };
}
