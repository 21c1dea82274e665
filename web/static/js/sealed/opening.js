/** Opening: the verdict on a seal from what its custodians answered, and what then stands in it (sealing.md §4). */
import { equal, hex, unhex } from "./bytes.js";
import * as content from "./content.js";
import { read as readHeader } from "./header.js";
import * as hpke from "./hpke.js";
import { place } from "./keyset.js";
import { Refusal } from "./refusal.js";
import { capsuleInfo, checkOf, context, derive, sameAgain } from "./seal.js";
import { Sha256 } from "./sha256.js";
import { combine } from "./shamir.js";

/** What a custodian says of a capsule that does not open. */
export const BAD = "bad";
const SHARE = 32;

/**
 * @typedef {import("./seal.js").Seal} Seal
 * @typedef {import("./keyset.js").Keyset} Keyset
 * @typedef {{verdict: "open", secret: Uint8Array, criedBad: string[], falseShares: string[]}
 *   | {verdict: "void", reason: Refusal, falseShares: string[]}
 *   | {verdict: "waiting", absent: string[], shares: number, criedBad: string[], falseShares: string[]}
 *   | {verdict: "blocked", criedBad: string[], falseShares: string[]}} Verdict `shares`: how many are still wanted
 */

/**
 * @param {Seal} seal
 * @param {Keyset} keyset
 * @param {Uint8Array} authorKey
 * @param {Record<string, Uint8Array|"bad">} answers by custodian
 * @param {Record<string, Uint8Array>} [seeds] published on a two-key order, by custodian
 * @returns {Promise<Verdict>} refuses (`sealed.not_a_custodian`) answers of strangers
 */
export async function verdict(seal, keyset, authorKey, answers, seeds = {}) {
  for (const id of Object.keys(answers)) place(keyset, id);
  const ctx = await context(keyset.kid, authorKey, unhex(seal.n16, 16));
  const answered = keyset.ids.filter((id) => Object.hasOwn(answers, id));
  const criedBad = answered.filter((id) => answers[id] === BAD);
  const { shares, falseShares } = await sort(seal, keyset, ctx, answers, answered);
  if (shares.size >= keyset.t) {
    const secret = combine(new Map([...shares].slice(0, keyset.t)));
    const same = await sameAgain(seal, keyset, authorKey, secret);
    return same
      ? { verdict: "open", secret, criedBad, falseShares }
      : { verdict: "void", reason: new Refusal("sealed.void_not_resealed"), falseShares };
  }
  if (keyset.forBids && criedBad.length >= keyset.n - keyset.t + 1) {
    return { verdict: "void", reason: new Refusal("sealed.void_all_bad", { bad: criedBad.length }), falseShares };
  }
  for (const custodian of criedBad.filter((id) => Object.hasOwn(seeds, id))) {
    if (await provesBad(seal, keyset, ctx, custodian, seeds[custodian])) {
      return { verdict: "void", reason: new Refusal("sealed.void_proved_bad", { custodian }), falseShares };
    }
  }
  const absent = keyset.ids.filter((id) => !answered.includes(id));
  if (absent.length === 0) return { verdict: "blocked", criedBad, falseShares };
  return { verdict: "waiting", absent, shares: keyset.t - shares.size, criedBad, falseShares };
}

async function sort(seal, keyset, ctx, answers, answered) {
  const shares = new Map();
  const falseShares = [];
  for (const id of answered.filter((one) => answers[one] !== BAD)) {
    const i = place(keyset, id);
    if (await counts(seal, ctx, i, answers[id])) shares.set(i, answers[id]);
    else falseShares.push(id);
  }
  return { shares, falseShares };
}

// The length is asked for by itself: a check may be the hash of something longer or shorter.
const counts = async (seal, ctx, i, share) =>
  share.length === SHARE && hex(await checkOf(ctx, i, share)) === seal.checks[i - 1];

/**
 * What a custodian gets out of its capsule.
 * @param {Seal} seal
 * @param {Keyset} keyset
 * @param {Uint8Array} ctx
 * @param {string} custodian
 * @param {Uint8Array} seed of its key for the purpose
 * @returns {Promise<Uint8Array|"bad">} the share, or that the capsule is bad
 */
export async function openCapsule(seal, keyset, ctx, custodian, seed) {
  const i = place(keyset, custodian);
  const pair = await hpke.deriveKeyPair(seed);
  if (!equal(pair.publicKey, keyset.keys[i - 1])) throw new Refusal("sealed.not_my_key", { custodian });
  try {
    const share = await hpke.open(pair, capsuleInfo(ctx, i), unhex(seal.capsules[i - 1]));
    return (await counts(seal, ctx, i, share)) ? share : BAD;
  } catch (error) {
    if (error instanceof Refusal && error.code === "sealed.not_decrypted") return BAD;
    throw error;
  }
}

async function provesBad(seal, keyset, ctx, custodian, seed) {
  try {
    return seed.length === SHARE && (await openCapsule(seal, keyset, ctx, custodian, seed)) === BAD;
  } catch (error) {
    if (error instanceof Refusal && error.code === "sealed.not_my_key") return false; // another's seed proves nothing
    throw error;
  }
}

/**
 * The header in a form.
 * @param {Seal} seal
 * @param {{secret: Uint8Array, ctx: Uint8Array, part: string}} opened
 * @param {Blob} ciphertext
 * @returns {Promise<{header?: import("./header.js").Header, void?: Refusal}>} throws `sealed.wrong_copy` for another
 *   ciphertext than the seal's: it decides nothing, and another copy is fetched
 */
export async function openForm(seal, { secret, ctx, part }, ciphertext) {
  const limit = content.MAX_FORM_SIZE;
  if (seal.form.size > limit) return { void: new Refusal("sealed.void_form_size", { limit }) };
  const found = await content.digestOf(ciphertext);
  checkCopy(found, seal.form, "form");
  const how = { key: await derive(secret, ctx, "form"), context: ctx };
  let plain;
  try {
    plain = new Blob(await all(content.decrypt(how, content.piecesOf(ciphertext))));
  } catch (error) {
    return { void: because("sealed.void_form", error) };
  }
  try {
    return { header: readHeader(new Uint8Array(await plain.arrayBuffer()), part) };
  } catch (error) {
    return { void: because("sealed.void_header", error) };
  }
}

async function all(source) {
  const out = [];
  for await (const piece of source) out.push(piece.slice());
  return out;
}

function because(code, error) {
  if (!(error instanceof Refusal)) throw error;
  return new Refusal(code, { why: error.code });
}

function checkCopy(found, named, field) {
  if (found.size !== named.size || hex(found.sha256) !== named.sha256)
    throw new Refusal("sealed.wrong_copy", { field });
}

/**
 * Opens all files of a part, piece by piece.
 * @param {Seal} seal
 * @param {{secret: Uint8Array, ctx: Uint8Array}} opened
 * @param {import("./header.js").FileJson[]} files the header's
 * @param {Blob} ciphertext
 * @param {(number: number, piece: Uint8Array) => unknown} [take] a piece of file number 0, 1, …; awaited
 * @returns {Promise<{void: Refusal|null}>} throws `sealed.wrong_copy` as `openForm` does
 */
export async function openFiles(seal, { secret, ctx }, files, ciphertext, take = () => {}) {
  checkCopy(await content.digestOf(ciphertext), seal.files, "files");
  const how = { key: await derive(secret, ctx, "files"), context: ctx };
  try {
    await part(files, content.decrypt(how, content.piecesOf(ciphertext)), take);
    return { void: null };
  } catch (error) {
    if (error instanceof Refusal && error.code === "sealed.void_file") return { void: error };
    return { void: because("sealed.void_files", error) };
  }
}

// A file that is not the header's is said at once: what stands behind it is of no account any more.
async function part(files, source, take) {
  const expected = files.entries();
  let file = null;
  const next = () => {
    const { value, done } = expected.next();
    file = done ? null : { number: value[0], left: value[1].size, wanted: value[1].sha256, hash: new Sha256() };
  };
  const passFull = () => {
    while (file !== null && file.left === 0) {
      const number = file.number + 1;
      if (hex(file.hash.digest()) !== file.wanted) throw new Refusal("sealed.void_file", { number });
      next();
    }
  };
  next();
  passFull();
  let over = 0;
  for await (let piece of source) {
    while (piece.length > 0 && file !== null) {
      const some = piece.subarray(0, file.left);
      file.hash.update(some);
      await take(file.number, some);
      file.left -= some.length;
      piece = piece.subarray(some.length);
      passFull();
    }
    over += piece.length;
  }
  if (file !== null) throw new Refusal("sealed.files_shorter");
  if (over > 0) throw new Refusal("sealed.files_longer");
}
