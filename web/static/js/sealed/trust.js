/**
 * The trust file, as far as a bidder needs it: the custodians' identity keys and the box's key (docs/formats/trust.md).
 *
 * The one that the platform serves is for showing its fingerprint; what it is worth a person finds out elsewhere.
 */
import { hex, unhex } from "./bytes.js";
import { canonical, members, parse as parseJson } from "./canonical.js";
import { checkEd25519 } from "./curves.js";
import { sha256 } from "./digest.js";
import { checkId } from "./ids.js";
import { Refusal } from "./refusal.js";

const MEMBERS = "v log box_key witnesses witness_threshold custodians contributors cas supervisors";
const NEWLINE = 10;

/**
 * @typedef {object} Trust
 * @property {string} boxKey hex
 * @property {{id: string, name: {zh: string, en: string}, key: string}[]} custodians
 * @property {Record<string, string>} identityKeys of the custodians, hex by id
 * @property {string} fingerprint hex
 */

/** @param {Uint8Array} data canonical, one final newline allowed @returns {Promise<Trust>} refuses with `trust.*` */
export async function parse(data) {
  return read(parseJson(data.at(-1) === NEWLINE ? data.subarray(0, -1) : data));
}

/** @param {unknown} value @returns {Promise<Trust>} */
export async function read(value) {
  const got = members(value, MEMBERS);
  if (got.v !== 1) throw new Refusal("trust.malformed", { field: "v" });
  if (!Array.isArray(got.custodians)) throw new Refusal("trust.malformed", { field: "custodians" });
  const custodians = got.custodians.map(custodian);
  const identityKeys = Object.fromEntries(custodians.map(({ id, key }) => [id, key]));
  const keys = new Set(Object.values(identityKeys));
  if (keys.size !== custodians.length) throw new Refusal("trust.doubled", { field: "custodians" });
  return {
    boxKey: key(got.box_key, "box_key"),
    custodians,
    identityKeys,
    fingerprint: hex(await sha256(canonical(got))),
  };
}

function custodian(value) {
  const got = members(value, "id name key");
  const { zh, en } = members(got.name, "zh en");
  if (typeof zh !== "string" || typeof en !== "string") {
    throw new Refusal("trust.malformed", { field: "custodians.name" });
  }
  return { id: checkId(got.id, "custodians.id"), name: { zh, en }, key: key(got.key, "custodians.key") };
}

function key(value, field) {
  checkEd25519(unhex(value, 32, field));
  return value;
}
