/** Hashes, HMAC and HKDF by WebCrypto. */
import { concat, utf8 } from "./bytes.js";

const HASH_SIZE = { "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 };

// One part alone is not copied: it may be a piece of eight megabytes.
const digest = async (name, parts) => new Uint8Array(await crypto.subtle.digest(name, parts.length === 1 ? parts[0] : concat(...parts)));

/** @param {...Uint8Array} parts @returns {Promise<Uint8Array>} SHA-256 over them, 32 bytes */
export const sha256 = (...parts) => digest("SHA-256", parts);

/** @param {...Uint8Array} parts @returns {Promise<Uint8Array>} SHA-384 over them, 48 bytes */
export const sha384 = (...parts) => digest("SHA-384", parts);

/** @param {...Uint8Array} parts @returns {Promise<Uint8Array>} SHA-512 over them, 64 bytes */
export const sha512 = (...parts) => digest("SHA-512", parts);

/** @param {string} name a TYPE or path of the format @returns {Uint8Array} it, behind `mingjing/`, with version 1 */
export const label = (name) => utf8(`mingjing/${name}/v1\0`);

/**
 * @param {string} hash SHA-256, SHA-384 or SHA-512
 * @param {Uint8Array} key
 * @param {...Uint8Array} parts
 * @returns {Promise<Uint8Array>}
 */
export async function hmac(hash, key, ...parts) {
  // WebCrypto refuses an empty key; zeros to the hash's length are the same key (RFC 2104 fills up with zeros).
  const bytes = key.length ? key : new Uint8Array(HASH_SIZE[hash]);
  const imported = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, concat(...parts)));
}

/** @param {Uint8Array} salt @param {Uint8Array} ikm @returns {Promise<Uint8Array>} HKDF-Extract, SHA-256 */
export const extract = (salt, ikm) => hmac("SHA-256", salt, ikm);

/**
 * HKDF-Expand (RFC 5869 §2.3).
 * @param {string} hash
 * @param {Uint8Array} prk
 * @param {Uint8Array} info
 * @param {number} length at most 255 hashes
 * @returns {Promise<Uint8Array>}
 */
export async function expand(hash, prk, info, length) {
  const blocks = [];
  let last = new Uint8Array(0);
  for (let count = 1; blocks.length * HASH_SIZE[hash] < length; count += 1) {
    last = await hmac(hash, prk, last, info, Uint8Array.of(count));
    blocks.push(last);
  }
  return concat(...blocks).slice(0, length);
}

/** HKDF-SHA256 @returns {Promise<Uint8Array>} */
export const hkdf = async (ikm, salt, info, length) => expand("SHA-256", await extract(salt, ikm), info, length);
