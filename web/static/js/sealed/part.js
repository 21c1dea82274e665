/** Sealing one part of a bid: files and form into ciphertexts, and the seal that names them. */
import { hex, random } from "./bytes.js";
import { canonical } from "./canonical.js";
import * as content from "./content.js";
import { check as checkHeader, filesLength } from "./header.js";
import { Refusal } from "./refusal.js";
import { context, derive, sealSecret } from "./seal.js";
import { Sha256 } from "./sha256.js";

/**
 * @typedef {(piece: Uint8Array) => unknown} Write
 * @typedef {object} Job
 * @property {import("./keyset.js").Keyset} keyset checked
 * @property {Uint8Array} authorKey the bid key
 * @property {Record<string, any>} header whole, as it will be opened
 * @property {Blob[]} files in the order of the header's
 * @property {(kind: "form"|"files", fill: (write: Write) => Promise<any>) => Promise<any>} keep opens what a ciphertext
 *   is written into
 * @property {(bytes: number) => unknown} progress plaintext bytes of the files that were sealed since the last call
 * @property {AbortSignal} [signal]
 */

/**
 * Seals with a fresh secret, which is forgotten: what was sealed is sent as it is, or sealed anew.
 * @param {Job} job
 * @returns {Promise<import("./seal.js").Seal>} refuses with `sealed.*`, `canonical.*`, and `bid.file_changed` where a
 *   file is not what its header (which its parties signed) says
 */
export async function sealPart({ keyset, authorKey, header, files, keep, progress, signal }) {
  checkHeader(header, keyset.json.purpose.part);
  if (header.files.length !== files.length) throw new Refusal("sealed.header_files");
  const form = canonical(header);
  const [secret, n16] = [random(32), random(16)];
  const ctx = await context(keyset.kid, authorKey, n16);
  const one = async (kind, source, length) => {
    const how = { key: await derive(secret, ctx, kind), context: ctx };
    const made = await keep(kind, (write) => content.encrypt(how, source, length, write));
    return { size: made.size, sha256: hex(made.sha256) };
  };
  const contents = {
    files: await one("files", checked(header.files, files, progress, signal), filesLength(header.files)),
    form: await one("form", [form], form.length),
  };
  const seal = await sealSecret(keyset, authorKey, secret, n16, contents);
  secret.fill(0);
  return seal;
}

// Reads each file once, and holds it against its header on the way: sealing another one would void the bid.
async function* checked(listed, files, progress, signal) {
  for (const [at, { name, size, sha256 }] of listed.entries()) {
    const changed = new Refusal("bid.file_changed", { name });
    if (files[at].size !== size) throw changed;
    const hash = new Sha256();
    try {
      for await (const piece of content.piecesOf(files[at])) {
        signal?.throwIfAborted();
        hash.update(piece);
        yield piece;
        await progress(piece.length);
      }
    } catch (error) {
      // What a browser says of a file that was changed or taken away since it was chosen.
      if (error instanceof DOMException && ["NotReadableError", "NotFoundError"].includes(error.name)) throw changed;
      throw error;
    }
    if (hex(hash.digest()) !== sha256) throw changed;
  }
}
