/** Signed objects: envelopes `{object, key, signature}` (docs/formats/sealing.md §1). */
import { concat, hex, unhex } from "./bytes.js";
import { canonical, isObject, members } from "./canonical.js";
import { verify as verifyBytes } from "./curves.js";
import { label } from "./digest.js";
import { Refusal } from "./refusal.js";

/** @typedef {{object: Record<string, unknown>, key: string, signature: string}} Envelope */

/** @param {string} type @param {object} object @returns {Uint8Array} the bytes that are signed */
export const message = (type, object) => concat(label(type), canonical(object));

/**
 * @param {string} type for instance `submission`
 * @param {Record<string, unknown>} object made by the signer itself, never bytes that somebody else supplied
 * @param {import("./curves.js").Signer} signer
 * @returns {Promise<Envelope>}
 */
export async function sign(type, object, signer) {
  const signature = await signer.sign(message(type, object));
  return { object, key: hex(signer.publicKey), signature: hex(signature) };
}

/**
 * The object of an envelope whose signature holds.
 * @param {string} type
 * @param {unknown} envelope
 * @param {string} [key] hex: whose signature it must be
 * @returns {Promise<Record<string, any>>} refuses with `signature.*` or `canonical.*`
 */
export async function verify(type, envelope, key) {
  const parts = members(envelope, "object key signature");
  if (!isObject(parts.object)) throw new Refusal("canonical.not_object");
  const raw = unhex(parts.key, 32, "key");
  if (key !== undefined && parts.key !== key) throw new Refusal("signature.wrong_key");
  const signature = unhex(parts.signature, 64, "signature");
  await verifyBytes(raw, message(type, parts.object), signature);
  return parts.object;
}
