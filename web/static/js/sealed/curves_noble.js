/** X25519 and Ed25519 by @noble/curves, for browsers whose WebCrypto has neither. */
import { ed25519, x25519 as montgomery } from "../../vendor/noble-curves-2.4.0/ed25519.js";
import { concat, equal } from "./bytes.js";
import { sha512 } from "./digest.js";

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;

const littleEndian = (data) => data.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** @returns {Promise<Uint8Array|null>} null for a key of low order */
export async function x25519(secret, publicKey) {
  try {
    return montgomery.getSharedSecret(secret, publicKey);
  } catch {
    // Lengths are ours and right: what the library refuses here is a result of zero.
    return null;
  }
}

/** @returns {Promise<import("./curves.js").Signer>} */
export async function signer(seed) {
  const own = seed.slice();
  return { publicKey: ed25519.getPublicKey(own), sign: async (data) => ed25519.sign(data, own) };
}

/**
 * Cofactorless, as the format says and as OpenSSL and BoringSSL do it: R is made again and its bytes are compared. (The
 * library's own `verify` multiplies by the cofactor, and would take signatures that all others refuse.)
 * @returns {Promise<boolean>}
 */
export async function verify(publicKey, data, signature) {
  if (signature.length !== 64) return false;
  const s = littleEndian(signature.subarray(32));
  const key = pointOf(publicKey);
  if (s >= ORDER || key === null) return false;
  const k = littleEndian(await sha512(concat(signature.subarray(0, 32), publicKey, data))) % ORDER;
  const r = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k));
  return equal(r.toBytes(), signature.subarray(0, 32));
}

function pointOf(bytes) {
  try {
    return Point.fromBytes(bytes);
  } catch {
    return null; // 32 bytes that are no point of the curve
  }
}
