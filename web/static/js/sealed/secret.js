/**
 * The bidding secret: 32 random bytes from which bid keys and tickets follow, kept as a key that no script can read.
 *
 * In this browser it lies in IndexedDB as a WebCrypto HKDF key, not extractable. What that is worth if a script of
 * somebody else ever ran in our pages (the CSP is there so that none does): it could not carry the secret away, nor the
 * 24 words. It could, as long as it runs, let the browser derive what this page can: the bid key and ticket of every
 * lot whose number it knows, sign with them, and read what is typed; but not those of lots that do not exist yet.
 * The bytes themselves are in memory only while the words are shown or typed in.
 */
import { random } from "./bytes.js";
import * as backup from "./backup.js";

/** @typedef {CryptoKey} BiddingSecret */

/** @param {Uint8Array} bytes 32 @returns {Promise<BiddingSecret>} */
export const imported = (bytes) => crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);

/** @returns {Promise<{secret: BiddingSecret, words: string[]}>} a fresh one; the words are shown once and not kept */
export async function create() {
  const bytes = random(32);
  const made = { secret: await imported(bytes), words: await backup.toWords(bytes) };
  bytes.fill(0);
  return made;
}

/** @param {string} words as they were typed @returns {Promise<BiddingSecret>} refuses with `sealed.backup_*` */
export async function restored(words) {
  const bytes = await backup.fromWords(words);
  const made = await imported(bytes);
  bytes.fill(0);
  return made;
}

/** @returns {Promise<Uint8Array>} HKDF-SHA256(secret, "", info, length) */
export async function derive(secret, info, length) {
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
  return new Uint8Array(await crypto.subtle.deriveBits(how, secret, 8 * length));
}
