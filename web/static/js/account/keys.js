// An organisation's two signing keys, from the bidding secret that this browser keeps (docs/formats/sealing.md §6).
//
// The secret lies in the browser's own database, one for each login: two people may share a machine. It is not
// encrypted there, as no script but ours can read it and whoever holds the machine unlocked could sign anyway.

import { Store } from "../sealed/store.js";

const BYTES = 32;
const encoder = new TextEncoder();
// PKCS #8 of an Ed25519 private key (RFC 8410), up to its 32 bytes.
const PKCS8 = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);

/**
 * The bidding secret of a login in this browser.
 * @param {string} login
 * @returns {Promise<Uint8Array|null>} 32 bytes, null if there is none
 */
export async function secret(login) {
  return (await Store.with((store) => store.secret(login))) ?? null;
}

/**
 * Puts a secret in a login's place: a new one, or one restored from its words. Nobody asks again: the caller has.
 * @param {string} login
 * @param {Uint8Array} value 32 bytes
 */
export async function keep(login, value) {
  if (value.length !== BYTES) throw new RangeError("a bidding secret has 32 bytes");
  await Store.with((store) => store.putSecret(login, value));
}

/**
 * The secret of a login, made if there is none. Two pages that ask at the same time get the same.
 * @param {string} login
 * @returns {Promise<Uint8Array>}
 */
export async function secretOrNew(login) {
  const fresh = crypto.getRandomValues(new Uint8Array(BYTES));
  try {
    await Store.with((store) => store.addSecret(login, fresh));
    return fresh;
  } catch (error) {
    if (error?.name !== "ConstraintError") throw error;
    return secret(login);
  }
}

/**
 * The private key that a label derives from a secret: HKDF-SHA-256 with an empty salt, the output as Ed25519 seed.
 * @param {Uint8Array} from 32 bytes
 * @param {string} label
 * @returns {Promise<CryptoKey>} extractable, for signing
 */
async function derived(from, label) {
  const base = await crypto.subtle.importKey("raw", from, "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: encoder.encode(label) };
  const seed = new Uint8Array(await crypto.subtle.deriveBits(how, base, 256));
  const pkcs8 = new Uint8Array([...PKCS8, ...seed]);
  return crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
}

/** @param {Uint8Array} from the bidding secret @returns {Promise<CryptoKey>} the key of the organisation's seal */
export const sealKey = (from) => derived(from, "mingjing/seal-key/v1\0");

/** @param {Uint8Array} from the bidding secret @returns {Promise<CryptoKey>} the key of the person in charge */
export const personKey = (from) => derived(from, "mingjing/person-key/v1\0");

/** @param {CryptoKey} key @returns {Promise<string>} its public key, 64 lower-case hex digits */
async function publicHex(key) {
  const { x } = await crypto.subtle.exportKey("jwk", key);
  const plain = atob(x.replaceAll("-", "+").replaceAll("_", "/"));
  return Array.from(plain, (char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

/**
 * The two public keys of the organisation that a login acts for; the secret they follow from is made if need be.
 * @param {string} login
 * @returns {Promise<{sealKey: string, personKey: string}>} hex
 */
export async function publicKeys(login) {
  const from = await secretOrNew(login);
  return { sealKey: await publicHex(await sealKey(from)), personKey: await publicHex(await personKey(from)) };
}
