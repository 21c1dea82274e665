/** Key sets: to whom a part is sealed, and on what conditions they open it (docs/formats/sealing.md §2). */
import { hex, unhex } from "./bytes.js";
import { canonical, members } from "./canonical.js";
import { checkX25519 } from "./curves.js";
import { label, sha256 } from "./digest.js";
import { checkId, checkTime } from "./ids.js";
import { Refusal } from "./refusal.js";
import { verify } from "./signing.js";

/** The suite of real key sets, and that of rehearsals with the tender's name there. */
export const SUITE = "MJ1";
export const REHEARSAL = "MJ1-rehearsal";
export const REHEARSAL_TENDER = "rehearsal";

const AFTER = {
  coin: ["roll", "present"],
  identity: ["roll", "present"],
  offer: ["roll", "present", "coefficients", "announced"],
};
const BIDS = new Set(["identity", "offer"]);
const DRAW = /^draw-[a-z0-9][a-z0-9._-]*-(0|[1-9][0-9]{0,5})$/;
const MOST = 255;

/**
 * @typedef {object} Keyset
 * @property {Record<string, any>} json the object itself
 * @property {Uint8Array} kid 32 bytes
 * @property {number} t
 * @property {number} n
 * @property {string[]} ids of the custodians, in the order of their places
 * @property {Uint8Array[]} keys X25519, in the same order
 * @property {boolean} forBids whether bids are sealed to it, not contributions
 */

/**
 * The key set of an object.
 * @param {unknown} value
 * @param {string} [suite] the one that is wanted: a reader of one refuses the other
 * @returns {Promise<Keyset>} refuses with `sealed.*`, `canonical.*`, `id.malformed`, `time.malformed`
 */
export async function parse(value, suite = SUITE) {
  const json = members(value, "conditions custodians purpose suite t");
  if (json.suite !== suite) throw new Refusal("sealed.wrong_suite", { wanted: suite });
  const { tender, part } = parsePurpose(json.purpose);
  if ((tender === REHEARSAL_TENDER) !== (suite === REHEARSAL)) throw new Refusal("sealed.rehearsal_mixed");
  if (!Array.isArray(json.custodians)) throw new Refusal("sealed.bad_custodians");
  const ids = [];
  const keys = [];
  for (const one of json.custodians) {
    const got = members(one, "id public_key");
    ids.push(checkId(got.id, "custodian"));
    keys.push(unhex(got.public_key, 32, "public_key"));
  }
  const n = ids.length;
  const sorted = ids.every((id, at) => at === 0 || ids[at - 1] < id);
  if (!sorted || new Set(keys.map(hex)).size !== n) throw new Refusal("sealed.bad_custodians");
  const { t } = json;
  if (!Number.isInteger(t) || t < 2 || t > n || n > MOST || 2 * t <= n)
    throw new Refusal("sealed.bad_threshold", { n });
  checkConditions(json.conditions, part, suite);
  for (const key of keys) await checkX25519(key);
  const kid = await sha256(label("keyset"), canonical(json));
  return { json, kid, t, n, ids, keys, forBids: BIDS.has(part) };
}

function parsePurpose(value) {
  const got = members(value, "lot part tender");
  checkId(got.tender, "purpose.tender");
  const part = checkId(got.part, "purpose.part");
  const draw = DRAW.test(part);
  if (draw ? got.lot !== "" : !Object.hasOwn(AFTER, part)) throw new Refusal("sealed.bad_part", { part });
  if (!draw) checkId(got.lot, "purpose.lot");
  return got;
}

/**
 * The conditions that a part has.
 * @param {string} part
 * @param {string} notBefore
 * @returns {{after: string[], min_bids: number, not_before: string}}
 */
export function conditions(part, notBefore) {
  const draw = DRAW.exec(part);
  if (draw) {
    const round = Number(draw[1]);
    return { after: [round ? `dispositions-${round - 1}` : "eligible"], min_bids: 0, not_before: notBefore };
  }
  if (!Object.hasOwn(AFTER, part)) throw new Refusal("sealed.bad_part", { part });
  return { after: AFTER[part], min_bids: 3, not_before: notBefore };
}

function checkConditions(value, part, suite) {
  const got = members(value, "after min_bids not_before");
  const notBefore = checkTime(got.not_before, "conditions.not_before");
  const strange = new Refusal("sealed.bad_conditions", { part });
  if (!Array.isArray(got.after) || !got.after.every((word) => typeof word === "string")) throw strange;
  const wanted = suite === REHEARSAL ? { after: [], min_bids: 0, not_before: notBefore } : conditions(part, notBefore);
  const same = got.after.length === wanted.after.length && got.after.every((word, at) => word === wanted.after[at]);
  if (!same || got.min_bids !== wanted.min_bids) throw strange;
}

/** @param {Keyset} keyset @param {string} custodian @returns {number} its place, 1 … n (`sealed.not_a_custodian`) */
export function place(keyset, custodian) {
  const at = keyset.ids.indexOf(custodian);
  if (at < 0) throw new Refusal("sealed.not_a_custodian", { custodian });
  return at + 1;
}

/**
 * All n custodians have signed this key set, each with its own identity key; a client seals nothing before that.
 * @param {Keyset} keyset
 * @param {unknown[]} envelopes TYPE keyset
 * @param {Record<string, string>} identityKeys from the trust file: id → Ed25519 key, hex
 */
export async function checkSigned(keyset, envelopes, identityKeys) {
  const known = keyset.ids.filter((id) => Object.hasOwn(identityKeys, id));
  if (new Set(known.map((id) => identityKeys[id])).size !== known.length) throw new Refusal("sealed.shared_identity");
  const signed = new Set();
  for (const envelope of envelopes) {
    const claimed = members(members(envelope, "object key signature").object, "custodian kid");
    const custodian = checkId(claimed.custodian, "custodian");
    if (!known.includes(custodian) || claimed.kid !== hex(keyset.kid)) {
      throw new Refusal("sealed.not_a_custodian", { custodian });
    }
    await verify("keyset", envelope, identityKeys[custodian]);
    signed.add(custodian);
  }
  const missing = keyset.ids.find((id) => !signed.has(id));
  if (missing !== undefined) throw new Refusal("sealed.signatures_missing", { custodian: missing });
}

/**
 * Whose keys a seal to this key set is for, in the words of the trust file: what a bidder is shown before sealing.
 * @param {Keyset} keyset
 * @param {{id: string, name: {zh: string, en: string}, key: string}[]} custodians of the trust file
 * @returns {{kid: string, part: string, t: number, n: number, notBefore: string, after: string[], minBids: number,
 *   custodians: {id: string, name: {zh: string, en: string}, identityKey: string, publicKey: string}[]}}
 */
export function summary(keyset, custodians) {
  const { conditions: when, purpose } = keyset.json;
  const rows = keyset.ids.map((id, at) => {
    const found = custodians.find((one) => one.id === id);
    if (found === undefined) throw new Refusal("sealed.not_a_custodian", { custodian: id });
    return { id, name: found.name, identityKey: found.key, publicKey: hex(keyset.keys[at]) };
  });
  const told = { notBefore: when.not_before, after: when.after, minBids: when.min_bids };
  return { kid: hex(keyset.kid), part: purpose.part, t: keyset.t, n: keyset.n, ...told, custodians: rows };
}
