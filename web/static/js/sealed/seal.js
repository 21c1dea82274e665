/** Seals: a secret shared among the custodians, each share in a capsule only one of them opens (sealing.md §3). */
import { concat, hex, u8, unhex, utf8 } from "./bytes.js";
import { members } from "./canonical.js";
import { hkdf, label, sha256 } from "./digest.js";
import * as hpke from "./hpke.js";
import { Refusal } from "./refusal.js";
import { share } from "./shamir.js";

const CAPSULE = 80;

/**
 * @typedef {import("./keyset.js").Keyset} Keyset
 * @typedef {{size: number, sha256: string}} ContentJson
 * @typedef {{kid: string, n16: string, capsules: string[], checks: string[], form?: ContentJson,
 *   files?: ContentJson}} Seal
 */

/** @param {Uint8Array} kid @param {Uint8Array} authorKey @param {Uint8Array} n16 @returns {Promise<Uint8Array>} ctx */
export const context = (kid, authorKey, n16) => sha256(label("seal"), kid, authorKey, n16);

/** D(what, 32) @returns {Promise<Uint8Array>} */
export const derive = (secret, ctx, what) => hkdf(secret, ctx, utf8(what), 32);

/** @param {Uint8Array} ctx @param {number} i @returns {Uint8Array} the info of capsule i */
export const capsuleInfo = (ctx, i) => concat(label("capsule"), ctx, u8(i));

/** check_i of the share `one` @returns {Promise<Uint8Array>} */
export const checkOf = (ctx, i, one) => sha256(label("share"), ctx, u8(i), one);

/**
 * Seals a secret to a key set: everything follows from the arguments, so that whoever has the secret can do it again.
 * @param {Keyset} keyset
 * @param {Uint8Array} authorKey 32 bytes
 * @param {Uint8Array} secret 32 bytes
 * @param {Uint8Array} n16 16 bytes
 * @param {{form: ContentJson, files: ContentJson}} [contents] of a bid; a contribution has none
 * @returns {Promise<Seal>}
 */
export async function sealSecret(keyset, authorKey, secret, n16, contents) {
  const ctx = await context(keyset.kid, authorKey, n16);
  const powers = Array.from({ length: keyset.t - 1 }, (_, at) => at + 1);
  const coefficients = await Promise.all(powers.map((j) => derive(secret, ctx, `coef${j}`)));
  const capsules = [];
  const checks = [];
  for (const [at, key] of keyset.keys.entries()) {
    const i = at + 1;
    const own = share(secret, coefficients, i);
    const ephemeral = await hpke.deriveKeyPair(await derive(secret, ctx, `encap${i}`));
    capsules.push(hex(await hpke.seal(key, capsuleInfo(ctx, i), own, ephemeral)));
    checks.push(hex(await checkOf(ctx, i, own)));
  }
  return { kid: hex(keyset.kid), n16: hex(n16), capsules, checks, ...contents };
}

/**
 * The seal of an object, of this key set. Its shape only: one that nobody can open has the right shape, too.
 * @param {unknown} value
 * @param {Keyset} keyset
 * @returns {Seal} refuses with `canonical.*`, `sealed.wrong_keyset`, `sealed.bad_capsules`, `sealed.bad_size`
 */
export function parse(value, keyset) {
  const got = members(value, keyset.forBids ? "capsules checks kid n16 form files" : "capsules checks kid n16");
  const wrong = new Refusal("sealed.bad_capsules", { n: keyset.n });
  if (!Array.isArray(got.capsules) || !Array.isArray(got.checks)) throw wrong;
  unhex(got.kid, 32, "kid");
  unhex(got.n16, 16, "n16");
  for (const capsule of got.capsules) unhex(capsule, CAPSULE, "capsules");
  for (const check of got.checks) unhex(check, 32, "checks");
  if (keyset.forBids) for (const field of ["form", "files"]) checkContent(got[field], field);
  if (got.kid !== hex(keyset.kid)) throw new Refusal("sealed.wrong_keyset", { part: keyset.json.purpose.part });
  if (got.capsules.length !== keyset.n || got.checks.length !== keyset.n) throw wrong;
  return got;
}

function checkContent(value, field) {
  const { size, sha256: hash } = members(value, "sha256 size");
  if (!Number.isInteger(size) || size < 1) throw new Refusal("sealed.bad_size", { field });
  unhex(hash, 32, field);
}

/**
 * Whether sealing the secret again gives the very same capsules and checks.
 * @param {Seal} seal
 * @param {Keyset} keyset
 * @param {Uint8Array} authorKey
 * @param {Uint8Array} secret
 * @returns {Promise<boolean>}
 */
export async function sameAgain(seal, keyset, authorKey, secret) {
  const again = await sealSecret(keyset, authorKey, secret, unhex(seal.n16, 16));
  const same = (one, other) => one.length === other.length && one.every((text, at) => text === other[at]);
  return same(again.capsules, seal.capsules) && same(again.checks, seal.checks);
}
