/** Backup words: a secret of 32 bytes as 24 words of BIP-39's English list (docs/formats/sealing.md §8). */
import { concat, fromNumber, toNumber } from "./bytes.js";
import { sha256 } from "./digest.js";
import { Refusal } from "./refusal.js";

const COUNT = 24;
const BITS = 11n;

let list = null;

async function words() {
  list ??= load();
  return list;
}

async function load() {
  const answer = await fetch(new URL("./bip39_english.txt", import.meta.url));
  if (!answer.ok) {
    list = null; // so that the next try asks again
    throw new Refusal("http.not_found");
  }
  return (await answer.text()).trim().split(/\s+/);
}

/** @param {Uint8Array} secret 32 bytes @returns {Promise<string[]>} 24 words */
export async function toWords(secret) {
  const all = await words();
  const number = toNumber(concat(secret, (await sha256(secret)).slice(0, 1)));
  const places = Array.from({ length: COUNT }, (_, place) => BigInt(COUNT - 1 - place));
  return places.map((place) => all[Number((number >> (BITS * place)) & 2047n)]);
}

/**
 * The secret of 24 words, in any case, parted by any white space.
 * @param {string} text
 * @returns {Promise<Uint8Array>} refuses with `sealed.backup_count`, `sealed.backup_checksum`, and `sealed.backup_word`
 *   with its place: the word itself is part of a secret and is not repeated
 */
export async function fromWords(text) {
  const typed = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (typed.length !== COUNT) throw new Refusal("sealed.backup_count", { wanted: COUNT, found: typed.length });
  const all = await words();
  let number = 0n;
  for (const [at, word] of typed.entries()) {
    const index = all.indexOf(word);
    if (index < 0) throw new Refusal("sealed.backup_word", { place: at + 1 });
    number = (number << BITS) | BigInt(index);
  }
  const data = fromNumber(number, 33);
  const secret = data.slice(0, 32);
  if ((await sha256(secret))[0] !== data[32]) throw new Refusal("sealed.backup_checksum");
  return secret;
}
