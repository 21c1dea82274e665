/** X25519 and Ed25519 by the browser itself. */
import { concat, unhex } from "./bytes.js";

// PKCS#8 (RFC 8410) around 32 bytes: WebCrypto takes raw public keys, but no raw private ones.
const X25519_PKCS8 = unhex("302e020100300506032b656e04220420");
const ED25519_PKCS8 = unhex("302e020100300506032b657004220420");
const { subtle } = crypto;

/** @returns {Promise<boolean>} whether this browser has both curves */
export async function available() {
  try {
    const seed = new Uint8Array(32).fill(1);
    const made = await signer(seed);
    const signed = await verify(made.publicKey, seed, await made.sign(seed));
    return signed && (await x25519(seed, seed)) !== null;
  } catch {
    // Whatever a browser throws for an algorithm that it does not know: it cannot serve.
    return false;
  }
}

/** @returns {Promise<Uint8Array|null>} null for a key of low order */
export async function x25519(secret, publicKey) {
  const own = await subtle.importKey("pkcs8", concat(X25519_PKCS8, secret), "X25519", false, ["deriveBits"]);
  const other = await subtle.importKey("raw", publicKey, "X25519", false, []);
  try {
    return new Uint8Array(await subtle.deriveBits({ name: "X25519", public: other }, own, 256));
  } catch (error) {
    // WebCrypto throws this, and nothing else here, where the result would be zero.
    if (error instanceof DOMException && error.name === "OperationError") return null;
    throw error;
  }
}

/** @returns {Promise<import("./curves.js").Signer>} which holds the private key so that no script can read it */
export async function signer(seed) {
  const wrapped = concat(ED25519_PKCS8, seed);
  // The public key is only told by an extractable key; the one that stays is not.
  const told = await subtle.exportKey("jwk", await subtle.importKey("pkcs8", wrapped, "Ed25519", true, ["sign"]));
  const publicKey = Uint8Array.from(atob(told.x.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const key = await subtle.importKey("pkcs8", wrapped, "Ed25519", false, ["sign"]);
  return { publicKey, sign: async (data) => new Uint8Array(await subtle.sign("Ed25519", key, data)) };
}

/** @returns {Promise<boolean>} */
export async function verify(publicKey, data, signature) {
  try {
    const key = await subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    return await subtle.verify("Ed25519", key, signature, data);
  } catch (error) {
    // A browser may refuse 32 bytes that are no point when it imports them, or when it verifies.
    if (error instanceof DOMException && ["DataError", "OperationError"].includes(error.name)) return false;
    throw error;
  }
}
