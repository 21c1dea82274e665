/** HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; one message. */
import { concat, unhex, utf8 } from "./bytes.js";
import { x25519, x25519Public } from "./curves.js";
import { expand, extract } from "./digest.js";
import { Refusal } from "./refusal.js";

const KEM = concat(utf8("KEM"), unhex("0020"));
const SUITE = concat(utf8("HPKE"), unhex("0020"), unhex("0001"), unhex("0002"));
const NONE = new Uint8Array(0);

const labeledExtract = (suite, salt, label, ikm) => extract(salt, concat(utf8("HPKE-v1"), suite, utf8(label), ikm));
const labeledExpand = (suite, prk, label, info, length) =>
  expand("SHA-256", prk, concat(Uint8Array.of(0, length), utf8("HPKE-v1"), suite, utf8(label), info), length);

/** @typedef {{secret: Uint8Array, publicKey: Uint8Array}} KeyPair X25519, 32 bytes each */

/** @param {Uint8Array} seed @returns {Promise<KeyPair>} DeriveKeyPair (§7.1.3) */
export async function deriveKeyPair(seed) {
  const prk = await labeledExtract(KEM, NONE, "dkp_prk", seed);
  const secret = await labeledExpand(KEM, prk, "sk", NONE, 32);
  return { secret, publicKey: await x25519Public(secret) };
}

async function sharedSecret(dh, enc, recipient) {
  const prk = await labeledExtract(KEM, NONE, "eae_prk", dh);
  return labeledExpand(KEM, prk, "shared_secret", concat(enc, recipient), 32);
}

async function schedule(shared, info) {
  const pskId = await labeledExtract(SUITE, NONE, "psk_id_hash", NONE);
  const context = concat(Uint8Array.of(0), pskId, await labeledExtract(SUITE, NONE, "info_hash", info));
  const secret = await labeledExtract(SUITE, shared, "secret", NONE);
  const raw = await labeledExpand(SUITE, secret, "key", context, 32);
  const iv = await labeledExpand(SUITE, secret, "base_nonce", context, 12);
  return { key: await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]), iv };
}

/**
 * @param {Uint8Array} recipient public key
 * @param {Uint8Array} info
 * @param {Uint8Array} plain
 * @param {KeyPair} ephemeral the sender's
 * @param {Uint8Array} [aad]
 * @returns {Promise<Uint8Array>} enc ‖ ct
 */
export async function seal(recipient, info, plain, ephemeral, aad = NONE) {
  const enc = ephemeral.publicKey;
  const { key, iv } = await schedule(
    await sharedSecret(await x25519(ephemeral.secret, recipient), enc, recipient),
    info,
  );
  const ct = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: aad }, key, plain);
  return concat(enc, new Uint8Array(ct));
}

/**
 * @param {KeyPair} recipient
 * @param {Uint8Array} info
 * @param {Uint8Array} sealed enc ‖ ct
 * @param {Uint8Array} [aad]
 * @returns {Promise<Uint8Array>} the plaintext; refuses (`sealed.not_decrypted`) what does not open
 */
export async function open(recipient, info, sealed, aad = NONE) {
  try {
    const enc = sealed.slice(0, 32);
    const shared = await sharedSecret(await x25519(recipient.secret, enc), enc, recipient.publicKey);
    const { key, iv } = await schedule(shared, info);
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: aad }, key, sealed.slice(32));
    return new Uint8Array(plain);
  } catch (error) {
    if (error instanceof Refusal || error instanceof DOMException) throw new Refusal("sealed.not_decrypted");
    throw error;
  }
}
