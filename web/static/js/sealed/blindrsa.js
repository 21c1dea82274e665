/**
 * RSABSSA-SHA384-PSS-Randomized (RFC 9474) with its random values given: blinding, and unblinding to a signature that
 * WebCrypto verifies. All that is random in a ticket is derived (sealing.md §6), which libraries don't offer.
 *
 * Whole numbers of BigInt are not constant in time. What is secret here (r, and which bid key it hides) is used on its
 * owner's machine, and nobody who could measure it is nearer than the network.
 */
import { concat, equal, fromNumber, toNumber, u32, unhex } from "./bytes.js";
import { sha384 } from "./digest.js";
import { invert, mod, pow } from "./modular.js";
import { Refusal } from "./refusal.js";

const HASH = 48;
const SALT = 48;
const MODULUS = 384;
const EXPONENT = 65537n;
// DER of SubjectPublicKeyInfo around a modulus of 3,072 bits whose first bit is set, and behind it e = 65537: there is
// one spelling of such a key, so its frame is compared and not parsed.
const SPKI_HEAD = unhex("308201a2300d06092a864886f70d01010105000382018f003082018a0282018100");
const SPKI_TAIL = unhex("0203010001");

/**
 * The modulus of a ticket key: RSA-3072 with e = 65537.
 * @param {Uint8Array} spki DER
 * @returns {bigint} refuses (`sealed.bad_ticket_key`) all others
 */
export function modulusOf(spki) {
  const end = SPKI_HEAD.length + MODULUS;
  const n = spki.subarray(SPKI_HEAD.length, end);
  const framed = equal(spki.subarray(0, SPKI_HEAD.length), SPKI_HEAD) && equal(spki.subarray(end), SPKI_TAIL);
  if (!framed || n[0] < 0x80 || n.at(-1) % 2 === 0) throw new Refusal("sealed.bad_ticket_key");
  return toNumber(n);
}

const bits = (n) => n.toString(2).length;
const sizeOf = (n) => Math.ceil(bits(n) / 8);

/** @param {bigint} a @param {bigint} b @returns {bigint} their greatest common divisor */
export function gcd(a, b) {
  let [one, other] = [a, b];
  while (other !== 0n) [one, other] = [other, one % other];
  return one;
}

/**
 * Blind (§4.2).
 * @param {bigint} n the modulus; e = 65537
 * @param {Uint8Array} prepared prefix ‖ message
 * @param {Uint8Array} salt 48 bytes
 * @param {bigint} r 1 < r < n, prime to n
 * @returns {Promise<Uint8Array>} the blinded message, as long as n
 */
export async function blind(n, prepared, salt, r) {
  const encoded = toNumber(await encode(prepared, salt, bits(n) - 1));
  return fromNumber(mod(encoded * pow(r, EXPONENT, n), n), sizeOf(n));
}

/**
 * Finalize (§4.4).
 * @param {bigint} n
 * @param {Uint8Array} blindSignature
 * @param {bigint} r
 * @returns {Uint8Array} the signature, not yet verified; refuses (`sealed.bad_ticket`) one of another length
 */
export function unblind(n, blindSignature, r) {
  if (blindSignature.length !== sizeOf(n)) throw new Refusal("sealed.bad_ticket");
  return fromNumber(mod(toNumber(blindSignature) * invert(r, n), n), sizeOf(n));
}

/**
 * Verify (§4.5), by WebCrypto.
 * @param {Uint8Array} spki
 * @param {Uint8Array} prepared
 * @param {Uint8Array} signature refuses (`sealed.bad_ticket`) what is none over `prepared`
 */
export async function verify(spki, prepared, signature) {
  const algorithm = { name: "RSA-PSS", hash: "SHA-384" };
  const key = await crypto.subtle.importKey("spki", spki, algorithm, false, ["verify"]);
  const right = await crypto.subtle.verify({ name: "RSA-PSS", saltLength: SALT }, key, signature, prepared);
  if (!right) throw new Refusal("sealed.bad_ticket");
}

/** EMSA-PSS-ENCODE (RFC 8017 §9.1.1) with SHA-384, MGF1-SHA384 and a given salt; `emBits` bits. */
async function encode(message, salt, emBits) {
  const length = Math.ceil(emBits / 8);
  const hash = await sha384(new Uint8Array(8), await sha384(message), salt);
  const block = new Uint8Array(length - HASH - 1);
  block[block.length - salt.length - 1] = 1;
  block.set(salt, block.length - salt.length);
  const mask = await mgf1(hash, block.length);
  const masked = block.map((byte, at) => byte ^ mask[at]);
  masked[0] &= 0xff >> (8 * length - emBits);
  return concat(masked, hash, Uint8Array.of(0xbc));
}

async function mgf1(seed, length) {
  const counts = Array.from({ length: Math.ceil(length / HASH) }, (_, count) => count);
  return concat(...(await Promise.all(counts.map((count) => sha384(seed, u32(count)))))).slice(0, length);
}
