/** Tickets: that somebody may bid, without who (docs/formats/sealing.md §6). All follows from the bidding secret. */
import { bidKey } from "./bidkey.js";
import { concat, fromNumber, hex, toNumber, unhex, utf8 } from "./bytes.js";
import { blind, gcd, modulusOf, unblind, verify } from "./blindrsa.js";
import { canonical, members } from "./canonical.js";
import { hkdf, label, sha256 } from "./digest.js";
import { derive } from "./secret.js";

export { bidKey };

const NONE = new Uint8Array(0);
const SIZE = 384;
const BLIND = utf8("mingjing/blind/v1\0");

/** @typedef {{prefix: string, signature: string}} Ticket hex, 32 and 384 bytes */

/**
 * What is asked of the office: a blinded message, and all that makes its answer a ticket.
 * @param {import("./secret.js").BiddingSecret} secret
 * @param {string} tender
 * @param {string} lot
 * @param {Uint8Array} spki the lot's ticket key, from the notice
 * @returns {Promise<{bidKey: Uint8Array, prefix: Uint8Array, salt: Uint8Array, blindSeed: Uint8Array, r: bigint,
 *   blinded: Uint8Array, finalize: (blindSignature: Uint8Array) => Promise<Ticket>}>} `finalize` refuses
 *   (`sealed.bad_ticket`) an answer that is none
 */
export async function request(secret, tender, lot, spki) {
  const n = modulusOf(spki);
  const purpose = canonical({ key: hex(await sha256(spki)), lot, tender });
  const made = (what, length) => derive(secret, concat(label("ticket"), utf8(`${what}\0`), purpose), length);
  const [prefix, salt, blindSeed] = [await made("prefix", 32), await made("salt", 48), await made("blind", 32)];
  const { publicKey } = await bidKey(secret, tender, lot);
  const prepared = preparedOf(prefix, publicKey);
  const r = await blinding(n, blindSeed);
  const finalize = async (blindSignature) => {
    const signature = unblind(n, blindSignature, r);
    await verify(spki, prepared, signature);
    return { prefix: hex(prefix), signature: hex(signature) };
  };
  return { bidKey: publicKey, prefix, salt, blindSeed, r, blinded: await blind(n, prepared, salt, r), finalize };
}

const preparedOf = (prefix, key) => concat(prefix, label("ticket"), key);

/** @param {bigint} n @param {Uint8Array} blindSeed @returns {Promise<bigint>} r */
export async function blinding(n, blindSeed) {
  for (let count = 0; ; count += 1) {
    const r = toNumber(await hkdf(blindSeed, NONE, concat(BLIND, utf8(String(count))), SIZE));
    if (1n < r && r < n && gcd(r, n) === 1n) return r;
  }
}

/**
 * Refuses (`sealed.bad_ticket`) a ticket that is not for this bid key under this lot's key.
 * @param {unknown} ticket
 * @param {Uint8Array} key
 * @param {Uint8Array} spki
 */
export async function check(ticket, key, spki) {
  const got = members(ticket, "prefix signature");
  modulusOf(spki);
  const signature = unhex(got.signature, SIZE, "signature");
  await verify(spki, preparedOf(unhex(got.prefix, 32, "prefix"), key), signature);
}

/** @param {bigint} r @returns {Uint8Array} as numbers travel: 384 bytes */
export const spelled = (r) => fromNumber(r, SIZE);
