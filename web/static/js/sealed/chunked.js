/**
 * Cobblestone-256: C2SP chunked-encryption with AES-256-GCM, piece by piece (docs/formats/sealing.md §3, *Content*).
 *
 * Chunks go to WebCrypto in slabs of 64, so that its threads encrypt one slab while this one hashes and writes another:
 * a file of any size takes a few MiB of memory.
 */
import { concat, equal, random, utf8 } from "./bytes.js";
import { expand } from "./digest.js";
import { Refusal } from "./refusal.js";

/** Bytes of a chunk, of its tag, and of what stands before the first chunk. */
export const CHUNK = 16384;
export const TAG = 16;
export const HEAD = 56;
const SALT = 24;
const CHUNKS_A_SLAB = 64;
const LABEL = utf8("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0");

async function keysOf({ key, context, hash = "SHA-512" }, salt) {
  const made = await expand(hash, key, concat(LABEL, salt, context), 76);
  const aead = await crypto.subtle.importKey("raw", made.slice(0, 32), "AES-GCM", false, ["encrypt", "decrypt"]);
  return { aead, base: made.slice(32, 44), commitment: made.slice(44) };
}

// base ⊕ number, both 12 bytes big-endian; a number of 2^53 chunks is more than there will ever be
function nonce(base, number) {
  const iv = base.slice();
  const view = new DataView(iv.buffer);
  view.setBigUint64(4, view.getBigUint64(4) ^ BigInt(number));
  return { name: "AES-GCM", iv };
}

/**
 * The ciphertext of a stream: salt ‖ commitment ‖ chunks.
 * @param {{key: Uint8Array, context: Uint8Array, hash?: string, salt?: Uint8Array}} how `salt`: given by tests only
 * @param {AsyncIterable<Uint8Array>|Iterable<Uint8Array>} source plaintext in pieces of any size
 * @returns {AsyncGenerator<Uint8Array>}
 */
export async function* encrypt(how, source) {
  const salt = how.salt ?? random(SALT);
  const { aead, base, commitment } = await keysOf(how, salt);
  yield concat(salt, commitment);
  const one = (number, chunk) => crypto.subtle.encrypt(nonce(base, number), aead, chunk);
  yield* slabs(source, CHUNK, one);
}

/**
 * The plaintext of a ciphertext.
 * @param {{key: Uint8Array, context: Uint8Array, hash?: string}} how
 * @param {AsyncIterable<Uint8Array>|Iterable<Uint8Array>} source
 * @returns {AsyncGenerator<Uint8Array>} refuses (`sealed.not_decrypted`), perhaps only at the very end: until then what
 *   came out may be cut short
 */
export async function* decrypt(how, source) {
  const pieces = new Pieces(source);
  const head = await pieces.take(HEAD);
  const { aead, base, commitment } = await keysOf(how, head.slice(0, SALT));
  if (head.length < HEAD || !equal(head.subarray(SALT), commitment)) throw new Refusal("sealed.not_decrypted");
  const one = async (number, chunk) => {
    if (chunk.length < TAG) throw new Refusal("sealed.not_decrypted");
    return crypto.subtle.decrypt(nonce(base, number), aead, chunk);
  };
  try {
    yield* slabs(pieces.rest(), CHUNK + TAG, one);
  } catch (error) {
    // WebCrypto's word for a tag that is wrong
    if (error instanceof DOMException && error.name === "OperationError") throw new Refusal("sealed.not_decrypted");
    throw error;
  }
}

// The last chunk is shorter than the others, perhaps empty: so a stream's end cannot be cut off unseen.
async function* slabs(source, size, one) {
  const pieces = new Pieces(source);
  let pending = null;
  for (let number = 0, last = false; !last; number += CHUNKS_A_SLAB) {
    const slab = await pieces.take(size * CHUNKS_A_SLAB);
    last = slab.length < size * CHUNKS_A_SLAB;
    const next = together(slab, size, last, number, one);
    // Should the consumer stop, or the slab before this one fail, nobody waits for this one.
    next.catch(() => {});
    if (pending) yield await pending;
    pending = next;
  }
  yield await pending;
}

async function together(slab, size, last, first, one) {
  const count = last ? Math.floor(slab.length / size) + 1 : CHUNKS_A_SLAB;
  const all = Array.from({ length: count }, (_, at) => one(first + at, slab.subarray(at * size, (at + 1) * size)));
  return concat(...(await Promise.all(all)).map((made) => new Uint8Array(made)));
}

/** Takes pieces of a wanted size out of a stream of pieces of any size. */
class Pieces {
  constructor(source) {
    this.source = iterated(source);
    this.left = new Uint8Array(0);
  }

  /** @returns {Promise<Uint8Array>} `size` bytes, fewer only at the end */
  async take(size) {
    const out = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      if (this.left.length === 0) {
        const { value, done } = await this.source.next();
        if (done) break;
        this.left = value;
      }
      const some = this.left.subarray(0, size - at);
      out.set(some, at);
      at += some.length;
      this.left = this.left.subarray(some.length);
    }
    return out.subarray(0, at);
  }

  async *rest() {
    yield this.left;
    yield* this.source;
  }
}

// A list of pieces does as well as a stream of them.
async function* iterated(source) {
  yield* source;
}
