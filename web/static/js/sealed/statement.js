/** The statement: whose bid it is, and what its parties sign (docs/formats/statement.md). */
import { hex } from "./bytes.js";
import { PARTS } from "./bid.js";
import { headerSha256 } from "./header.js";
import { Refusal } from "./refusal.js";
import { message, sign } from "./signing.js";

export const MAX_PARTIES = 20;
const WHOLE = 100;
const SHARE = /^(0|[1-9][0-9]{0,2})(?:\.([0-9]?[1-9]))?$/;
const AGREEMENT = /^agreement(?:\.[a-z0-9]{1,8})?$/;

/**
 * The statement to sign.
 * @param {{tender: string, lot: string, bid_key: string, seq: number, terms: string}} bid that it will be sealed in
 * @param {Uint8Array} blindSeed of the ticket
 * @param {Record<string, import("./header.js").Header>} headers by part
 * @param {{uscc: string, share: string}[]} parties the lead first; shares in per cent
 * @returns {Promise<Record<string, any>>} refuses with `statement.parties`, `statement.shares`,
 *   `statement.party_twice`, `statement.no_agreement`
 */
export async function build({ tender, lot, bid_key, seq, terms }, blindSeed, headers, parties) {
  checkParties(parties);
  if (parties.length > 1 && !headers.identity.files.some(isAgreement)) throw new Refusal("statement.no_agreement");
  const hashes = await Promise.all(PARTS.map((part) => headerSha256(headers[part])));
  return {
    ...{ tender, lot, bid_key, seq, terms },
    blind_seed: hex(blindSeed),
    parts: Object.fromEntries(PARTS.map((part, at) => [part, hex(hashes[at])])),
    parties: parties.map(({ uscc, share }, at) => ({ uscc, role: at ? "member" : "lead", share })),
  };
}

/** @param {{name: string, size: number}} file of the identity part @returns {boolean} whether it is a joint bid's agreement */
export const isAgreement = ({ name, size }) => AGREEMENT.test(name) && size > 0;

/** @param {{uscc: string, share: string}[]} parties refuses with `statement.parties`, `statement.shares`, `statement.party_twice` */
export function checkParties(parties) {
  if (parties.length < 1 || parties.length > MAX_PARTIES) throw new Refusal("statement.parties", { most: MAX_PARTIES });
  const sum = parties.reduce((total, { share }) => total + hundredths(share), 0);
  if (new Set(parties.map(({ uscc }) => uscc)).size !== parties.length) throw new Refusal("statement.party_twice");
  if (sum !== 100 * WHOLE) throw new Refusal("statement.shares", { whole: WHOLE });
}

/** @param {unknown} share @returns {number} whole hundredths of a per cent, so that a sum is exact; refuses with `statement.shares` */
export function hundredths(share) {
  const found = typeof share === "string" ? SHARE.exec(share) : null;
  const value = found ? 100 * Number(found[1]) + Number((found[2] ?? "").padEnd(2, "0")) : 0;
  if (value === 0) throw new Refusal("statement.shares", { whole: WHOLE });
  return value;
}

/** @param {object} statement @returns {Uint8Array} the bytes that every seal and person signs, as CMS or by a key */
export const toSign = (statement) => message("statement", statement);

/**
 * A signature by a registered key.
 * @param {object} statement
 * @param {import("./curves.js").Signer} signer
 * @returns {Promise<{key: string, signature: string}>}
 */
export async function keySignature(statement, signer) {
  const { key, signature } = await sign("statement", statement, signer);
  return { key, signature };
}
