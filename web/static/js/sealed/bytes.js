/** Byte strings and their spellings (docs/formats/sealing.md §1). */
import { Refusal } from "./refusal.js";

const HEX = /^(?:[0-9a-f]{2})*$/;
const ENCODER = new TextEncoder();

/** @param {string} text @returns {Uint8Array} its UTF-8 */
export const utf8 = (text) => ENCODER.encode(text);

/** @param {Uint8Array} data @returns {string} lower-case hex */
export function hex(data) {
  let out = "";
  for (const byte of data) out += byte.toString(16).padStart(2, "0");
  return out;
}

/**
 * The bytes of a lower-case hex string.
 * @param {unknown} value
 * @param {number} [length] in bytes; any if absent
 * @param {string} [field] named in the refusal
 * @returns {Uint8Array} refuses (`canonical.bad_hex`) every other spelling or length
 */
export function unhex(value, length, field = "hex") {
  const wrong = typeof value !== "string" || !HEX.test(value);
  if (wrong || (length !== undefined && value.length !== 2 * length)) {
    throw new Refusal("canonical.bad_hex", { field, length: length ?? -1 });
  }
  const out = new Uint8Array(value.length / 2);
  for (let at = 0; at < out.length; at += 1) out[at] = Number.parseInt(value.slice(2 * at, 2 * at + 2), 16);
  return out;
}

/** @param {...Uint8Array} parts @returns {Uint8Array} them, one behind the other */
export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** @param {Uint8Array} one @param {Uint8Array} other @returns {boolean} whether they are the same; not for secrets */
export const equal = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

/** @param {number} n 0…255 @returns {Uint8Array} */
export const u8 = (n) => Uint8Array.of(n);

/** @param {number} n below 2^32 @returns {Uint8Array} 4 bytes, big-endian */
export function u32(n) {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, n);
  return out;
}

/** @param {number} n below 2^53 @returns {Uint8Array} 8 bytes, big-endian */
export function u64(n) {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(n));
  return out;
}

/** @param {...Uint8Array} items @returns {Uint8Array} each after its length as u32 */
export const fr = (...items) => concat(...items.flatMap((item) => [u32(item.length), item]));

/** @param {Uint8Array} data @returns {bigint} big-endian */
export const toNumber = (data) => (data.length === 0 ? 0n : BigInt(`0x${hex(data)}`));

/** @param {bigint} number @param {number} length @returns {Uint8Array} big-endian, of that length */
export const fromNumber = (number, length) => unhex(number.toString(16).padStart(2 * length, "0"), length);

/** @param {Uint8Array} data @returns {string} base64 (RFC 4648 §4) */
function base64(data) {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return btoa(text);
}

/** @param {Uint8Array} data @returns {string} base64url without padding (RFC 4648 §5) */
export const base64url = (data) => base64(data).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** @param {number} length @returns {Uint8Array} from the browser's generator; at most 65,536 bytes */
export const random = (length) => crypto.getRandomValues(new Uint8Array(length));

/** @param {string} text @returns {Uint8Array|null} what base64 spells so; null for what it spells otherwise */
export function unbase64(text) {
  // `atob` alone takes spaces, lacking padding and stray bits, too.
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const data = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  return base64(data) === text ? data : null;
}

/** @param {string} text @returns {Uint8Array|null} what `base64url` spells so; null for what it spells otherwise */
export function unbase64url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  return unbase64(text.replaceAll("-", "+").replaceAll("_", "/").padEnd(4 * Math.ceil(text.length / 4), "="));
}
