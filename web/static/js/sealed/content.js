/** What a bid encrypts: padded so that its length says little, and hashed as it goes (docs/formats/sealing.md §3). */
import { u64 } from "./bytes.js";
import { CHUNK, decrypt as decryptChunks, encrypt as encryptChunks, HEAD, TAG } from "./chunked.js";
import { Refusal } from "./refusal.js";
import { Sha256 } from "./sha256.js";

const STEP = 65536;
const PIECE = 1 << 20;

/** @param {number} length @returns {number} bytes of the padded content: the least {2^k, 3·2^k}·65,536 that holds it */
export function paddedSize(length) {
  for (let size = STEP; ; size *= 2) {
    if (length + 8 <= size) return size;
    if (length + 8 <= (size / 2) * 3 && size > STEP) return (size / 2) * 3;
  }
}

/** @param {number} length @returns {number} bytes of the ciphertext over it */
export function ciphertextSize(length) {
  const padded = paddedSize(length);
  return HEAD + padded + TAG * (padded / CHUNK + 1);
}

/** The ciphertext of the longest header: 1 MiB. */
export const MAX_FORM_SIZE = ciphertextSize(1 << 20);

/**
 * @typedef {{key: Uint8Array, context: Uint8Array, salt?: Uint8Array}} ContentKey
 * @typedef {{size: number, sha256: Uint8Array}} Content
 */

/**
 * Encrypts padded(source) into a sink.
 * @param {ContentKey} how
 * @param {AsyncIterable<Uint8Array>} source
 * @param {number} length what all pieces of the source sum up to; refuses (`sealed.length_changed`) where they don't
 * @param {(piece: Uint8Array) => unknown} sink called for each piece, in order; awaited
 * @returns {Promise<Content>} of the ciphertext
 */
export async function encrypt(how, source, length, sink) {
  const hash = new Sha256();
  let size = 0;
  for await (const piece of encryptChunks(how, padded(source, length))) {
    await sink(piece);
    hash.update(piece);
    size += piece.length;
  }
  return { size, sha256: hash.digest() };
}

async function* padded(source, length) {
  yield u64(length);
  let found = 0;
  for await (const piece of source) {
    found += piece.length;
    if (found > length) break;
    yield piece;
  }
  if (found !== length) throw new Refusal("sealed.length_changed", { length });
  const zeros = new Uint8Array(PIECE);
  for (let left = paddedSize(length) - 8 - length; left > 0; left -= PIECE) yield zeros.subarray(0, left);
}

/**
 * What was encrypted, without the padding.
 * @param {ContentKey} how
 * @param {AsyncIterable<Uint8Array>} source the ciphertext
 * @returns {AsyncGenerator<Uint8Array>} refuses (`sealed.not_decrypted`, `sealed.bad_padding`), perhaps at the very end
 */
export async function* decrypt(how, source) {
  const head = new Uint8Array(8);
  let length = -1;
  let seen = 0;
  for await (const piece of decryptChunks(how, source)) {
    const from = Math.min(Math.max(8 - seen, 0), piece.length);
    head.set(piece.subarray(0, from), Math.min(seen, 8));
    if (seen < 8 && seen + from >= 8) length = lengthOf(head);
    const left = Math.max(Math.min(length - Math.max(seen - 8, 0), piece.length - from), 0);
    yield piece.subarray(from, from + left);
    if (piece.subarray(from + left).some((byte) => byte !== 0)) throw new Refusal("sealed.bad_padding");
    seen += piece.length;
  }
  if (length < 0 || seen !== paddedSize(length)) throw new Refusal("sealed.bad_padding");
}

function lengthOf(head) {
  const length = new DataView(head.buffer).getBigUint64(0);
  if (length > BigInt(Number.MAX_SAFE_INTEGER)) throw new Refusal("sealed.bad_padding");
  return Number(length);
}

/** @param {Blob} blob @returns {AsyncGenerator<Uint8Array>} its bytes, a MiB at a time: never the whole in memory */
export async function* piecesOf(blob) {
  for (let at = 0; at < blob.size; at += PIECE) {
    yield new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer());
  }
}

/**
 * @param {Blob} blob
 * @param {(bytes: number) => unknown} [progress] how many more were read
 * @returns {Promise<Content>}
 */
export async function digestOf(blob, progress = () => {}) {
  const hash = new Sha256();
  for await (const piece of piecesOf(blob)) {
    hash.update(piece);
    await progress(piece.length);
  }
  return { size: blob.size, sha256: hash.digest() };
}
