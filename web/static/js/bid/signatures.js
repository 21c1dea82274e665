/** A party's two signatures under a statement: by its registered keys, or by certificates of an authority. */
import { hex, unhex } from "../sealed/bytes.js";
import { canonical, members } from "../sealed/canonical.js";
import * as cms from "../sealed/cms.js";
import { verify } from "../sealed/curves.js";
import { Refusal } from "../sealed/refusal.js";
import * as statements from "../sealed/statement.js";
import { has, sayError, text } from "./kit.js";
import { readEntry, registered } from "./registration.js";

/** Who signs for a party. */
export const SIGNERS = ["seal", "person"];

/**
 * @typedef {import("./registration.js").Entry} Entry
 * @typedef {import("./registration.js").Party} Party
 * @typedef {{trust: object, deadline: string}} Against the trust file, and the deadline in force, when certificates count
 */

/** @param {object} statement @param {import("./identity.js").Own & {keys: object}} who @returns {Promise<Entry>} by its registered keys */
export async function keyEntry(statement, { own, keys }) {
  const [seal, person] = await Promise.all(SIGNERS.map((by) => statements.keySignature(statement, keys[by])));
  return { party: own.party, seal, person };
}

/**
 * An entry of two detached CMS, checked as a whole.
 * @param {object} statement
 * @param {{seal: Blob, person: Blob}} files as the authority's program saved them
 * @param {import("./identity.js").Own} own
 * @param {Against} against
 * @returns {Promise<Entry>} refuses as `check`; `by` says for which of the two
 */
export async function cmsEntry(statement, files, own, against) {
  const party = await ownParty(own, against.trust);
  const entry = { party: own.party };
  for (const by of SIGNERS) {
    entry[by] = { cms: hex(await naming(by, async () => cms.fileToDer(await bytesOf(files[by])))) };
  }
  await check(statement, entry, party, against);
  return entry;
}

async function bytesOf(file) {
  const limit = cms.MAX_BYTES;
  if (file.size > 2 * limit) throw new Refusal("cms.too_long", { limit, found: file.size });
  return new Uint8Array(await file.arrayBuffer());
}

/** @param {import("./identity.js").Own} own @param {object} trust @returns {Promise<Party>} the registration; refuses with `joint.own_unwitnessed` */
export async function ownParty(own, trust) {
  const [first] = own.events;
  if (!first?.proof) throw new Refusal("joint.own_unwitnessed");
  return registered(first, own.party, trust);
}

/**
 * A party's entry with its registration, out of a file that somebody gave.
 * @param {unknown} value
 * @param {object} trust
 * @returns {Promise<{entry: Entry, party: Party}>} refuses with `joint.registration`, `canonical.*`; who signed what is not checked
 */
export async function givenEntry(value, trust) {
  try {
    return await readEntry(value, trust);
  } catch (error) {
    // Whatever of a proof does not hold: to the reader it is one thing, and getting the file again mends it.
    const unproved = error instanceof Refusal && /^(proof|merkle|checkpoint|signature|client|home)\./.test(error.code);
    throw unproved ? new Refusal("joint.registration", { why: error.code }) : error;
  }
}

/**
 * The checks that judge after the opening (`bidding/statement.py`), before a bid is sealed.
 * @param {object} statement
 * @param {Entry} entry
 * @param {Party} party
 * @param {Against} against
 * @returns {Promise<void>} refuses with `signature.*`, `cms.*`, `statement.one_for_two`, `canonical.*`; `by` says whose
 */
export async function check(statement, entry, party, { trust, deadline }) {
  const message = statements.toSign(statement);
  const known = { seal: party.seal_key, person: party.person.key };
  for (const by of SIGNERS) {
    await naming(by, async () => {
      if (Object.hasOwn(entry[by] ?? {}, "cms")) {
        const der = unhex(members(entry[by], "cms").cms, undefined, "cms");
        cms.checkSubject(await cms.verify(der, message, cms.authorities(trust.cas), deadline), by, party);
        return;
      }
      const got = members(entry[by], "key signature");
      if (got.key !== known[by]) throw new Refusal("signature.wrong_key");
      await verify(unhex(known[by], 32, "key"), message, unhex(got.signature, 64, "signature"));
    });
  }
  const [seal, person] = SIGNERS.map((by) => hex(canonical(entry[by])));
  if (seal === person) throw new Refusal("statement.one_for_two", { by: "person" });
}

async function naming(by, what) {
  try {
    return await what();
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(error.code, { ...error.params, by });
    throw error;
  }
}

/** @param {Entry} entry @returns {"key"|"cms"|"mixed"} how it was signed */
export function kindOf(entry) {
  const certified = SIGNERS.filter((by) => Object.hasOwn(entry[by], "cms")).length;
  return ["key", "mixed", "cms"][certified];
}

/** @param {unknown} error @returns {string} what is wrong with a signature, as far as is known, and how to mend it */
export function sayWrong(error) {
  if (!(error instanceof Refusal)) return sayError(error);
  const { field, from = "", until = "" } = error.params;
  const key = `${error.code}.${field}`;
  return has(key) ? text(key, { from: from.slice(0, 10), until: until.slice(0, 10) }) : sayError(error);
}
