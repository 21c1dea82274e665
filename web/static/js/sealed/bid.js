/** What a bid key sends and gets: submissions, withdrawals, signed requests, receipts (submission.md, box.md). */
import { base64url, hex, random } from "./bytes.js";
import { canonical, members } from "./canonical.js";
import { label, sha256 } from "./digest.js";
import { checkTime } from "./ids.js";
import { Refusal } from "./refusal.js";
import { sign, verify } from "./signing.js";

/** The parts of a bid, in the order in which they open, and the ciphertexts of each. */
export const PARTS = ["identity", "offer"];
export const KINDS = ["form", "files"];

/**
 * What the terms of a lot are called: the leaves of its notice and addenda, in tree order.
 * @param {string[]} leaves hex
 * @returns {Promise<string>} hex
 */
export const terms = async (leaves) => hex(await sha256(label("terms"), canonical(leaves)));

/**
 * @param {{tender: string, lot: string, ticket: import("./tickets.js").Ticket, seq: number, terms: string,
 *   seals: {identity: import("./seal.js").Seal, offer: import("./seal.js").Seal}}} bid
 * @param {import("./curves.js").Signer} signer the bid key
 * @returns {Promise<import("./signing.js").Envelope>} TYPE submission
 */
export function submission({ tender, lot, ticket, seq, terms: named, seals }, signer) {
  const object = { tender, lot, bid_key: hex(signer.publicKey), ticket, seq, terms: named, seals };
  return sign("submission", object, signer);
}

/**
 * @param {{tender: string, lot: string, seq: number}} bid `seq`: above everything that this key has sent
 * @param {import("./curves.js").Signer} signer the bid key
 * @returns {Promise<import("./signing.js").Envelope>} TYPE withdrawal
 */
export function withdrawal({ tender, lot, seq }, signer) {
  return sign("withdrawal", { tender, lot, bid_key: hex(signer.publicKey), seq }, signer);
}

/** @param {import("./signing.js").Envelope} envelope @returns {Promise<string>} the hash by which all name it, hex */
export const messageSha256 = async (envelope) => hex(await sha256(canonical(envelope.object)));

/**
 * @param {{tender: string, lot: string, blinded: Uint8Array}} asked
 * @param {import("./curves.js").Signer} signer the organisation's seal key
 * @returns {Promise<import("./signing.js").Envelope>} TYPE issuance, for the office
 */
export function issuance({ tender, lot, blinded }, signer) {
  return sign("issuance", { tender, lot, blinded_message: hex(blinded) }, signer);
}

/**
 * The headers of a request to the box.
 * @param {import("./curves.js").Signer} signer the bid key
 * @param {{method: string, path: string, body?: Uint8Array, date: string}} what `path` without query; `date`: the
 *   `Date` header that the box sent last. This machine's own clock would be a fingerprint.
 * @param {{tender: string, lot: string, ticket: import("./tickets.js").Ticket}} [ticket] where the route wants one
 * @returns {Promise<Record<string, string>>}
 */
export async function requestHeaders(signer, { method, path, body = new Uint8Array(0), date }, ticket) {
  const at = checkTime(Number.isNaN(Date.parse(date)) ? "" : new Date(date).toISOString(), "at");
  const object = { method, path, body_sha256: hex(await sha256(body)), at, nonce: hex(random(16)) };
  const headers = { "Mingjing-Request": base64url(canonical(await sign("request", object, signer))) };
  if (ticket) headers["Mingjing-Ticket"] = base64url(canonical(ticket));
  return headers;
}

/**
 * A receipt that the box has signed.
 * @param {unknown} envelope TYPE receipt
 * @param {string} boxKey from the trust file, hex
 * @param {{lot: string, sha256: string}} wanted the message it must be for
 * @returns {Promise<{lot: string, submission_sha256: string, at: string, minute: string}>} refuses (`signature.*`,
 *
 *   `client.bad_receipt`) what is none
 */
export async function receipt(envelope, boxKey, { lot, sha256: hash }) {
  const got = members(await verify("receipt", envelope, boxKey), "at lot minute submission_sha256");
  checkTime(got.at, "at");
  checkTime(got.minute, "minute");
  if (got.lot !== lot || got.submission_sha256 !== hash) throw new Refusal("client.bad_receipt", { lot, sha256: hash });
  return got;
}
