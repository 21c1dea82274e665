/**
 * X25519 and Ed25519: by WebCrypto, and by @noble/curves only in a browser whose WebCrypto lacks them.
 *
 * Both ways give the same bytes and the same verdicts, and both are held to the vectors: `choose` is the switch. The
 * library is fetched when it is needed and not before.
 */
import { Refusal } from "./refusal.js";

const P = 2n ** 255n - 19n;
// The y of the points of order 4, 1, 2 and 8, below the sign bit.
const EIGHTH = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const SMALL_ORDER_Y = new Set([0n, 1n, P - 1n, EIGHTH, P - EIGHTH]);
const LOADERS = {
  webcrypto: () => import("./curves_webcrypto.js"),
  noble: () => import("./curves_noble.js"),
  auto: async () => {
    const native = await import("./curves_webcrypto.js");
    return (await native.available()) ? native : import("./curves_noble.js");
  },
};

let chosen = null;

/**
 * Which implementation serves from now on.
 * @param {"auto"|"webcrypto"|"noble"} name `auto` unless a test asks for one
 */
export function choose(name) {
  chosen = LOADERS[name]();
}

const curves = () => {
  if (chosen === null) choose("auto");
  return chosen;
};

/** @param {Uint8Array} data @returns {bigint} little-endian */
function littleEndian(data) {
  return data.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/**
 * X25519 (RFC 7748).
 * @param {Uint8Array} secret 32 bytes
 * @param {Uint8Array} publicKey 32 bytes
 * @returns {Promise<Uint8Array>} 32 bytes; refuses (`sealed.bad_public_key`) a key of low order
 */
export async function x25519(secret, publicKey) {
  const shared = await (await curves()).x25519(secret, publicKey);
  if (shared === null || shared.every((byte) => byte === 0)) throw new Refusal("sealed.bad_public_key");
  return shared;
}

/** @param {Uint8Array} secret @returns {Promise<Uint8Array>} its public key */
export const x25519Public = (secret) => x25519(secret, Uint8Array.of(9, ...new Uint8Array(31)));

/** @param {Uint8Array} key refuses (`sealed.bad_public_key`) one of low order and a second spelling of a key */
export async function checkX25519(key) {
  if (key.length !== 32 || littleEndian(key) >= P) throw new Refusal("sealed.bad_public_key");
  await x25519(new Uint8Array(32).fill(1), key);
}

/**
 * @typedef {object} Signer
 * @property {Uint8Array} publicKey 32 bytes
 * @property {(data: Uint8Array) => Promise<Uint8Array>} sign Ed25519, 64 bytes
 */

/** @param {Uint8Array} seed 32 bytes @returns {Promise<Signer>} the Ed25519 key of this seed (RFC 8032) */
export const signer = async (seed) => (await curves()).signer(seed);

/** @param {Uint8Array} key refuses (`signature.bad_key`) one that is not canonical or of small order */
export function checkEd25519(key) {
  const y = littleEndian(key) & ((1n << 255n) - 1n);
  if (key.length !== 32 || y >= P || SMALL_ORDER_Y.has(y)) throw new Refusal("signature.bad_key");
}

/**
 * Refuses (`signature.bad_key`, `signature.invalid`) unless the signature is this key's: cofactorless, S < L.
 * @param {Uint8Array} key
 * @param {Uint8Array} data
 * @param {Uint8Array} signature
 */
export async function verify(key, data, signature) {
  checkEd25519(key);
  if (!(await (await curves()).verify(key, data, signature))) throw new Refusal("signature.invalid");
}
