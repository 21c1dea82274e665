/** What a bid agrees to and to whose keys it is sealed: read from events that stand in the witnessed log. */
import { concat, hex, unhex } from "../sealed/bytes.js";
import { terms } from "../sealed/bid.js";
import { canonical } from "../sealed/canonical.js";
import { label, sha256 } from "../sealed/digest.js";
import * as keysets from "../sealed/keyset.js";
import { Refusal } from "../sealed/refusal.js";
import { verifyProof } from "./proof.js";

/** The parts of a bid. */
export const PARTS = ["identity", "offer"];

/**
 * @typedef {{event: Record<string, any>, salt: string, index: number, proof: string}} Proved
 * @typedef {object} Known
 * @property {string} terms
 * @property {Uint8Array} spki
 * @property {number} maxBytes
 * @property {Record<string, {json: object, signatures: object[], summary: object}>} sets by part, each checked
 * @property {Record<string, string>} identityKeys of the custodians
 * @property {number} addenda how many there are
 * @property {string} deadline in force, by notice, addenda and resumptions
 * @property {number} interval the length of a box minute, ms
 */

/** @param {Proved} one @returns {Promise<string>} its leaf, hex */
export async function leafOf({ event, salt }) {
  return hex(await sha256(concat(label("leaf"), unhex(salt, 32, "salt"), canonical(event))));
}

/**
 * An event that stands in the log, below a checkpoint that enough witnesses have cosigned.
 * @param {Proved} one
 * @param {import("./trust.js").TrustFile} trust
 * @returns {Promise<{event: Record<string, any>, leaf: string, index: number, witnessedAt: string, head: import("./proof.js").Head}>}
 *   refuses with `client.not_in_log`, `proof.*`, `checkpoint.*`, `merkle.*`
 */
export async function proved(one, trust) {
  const leaf = await leafOf(one);
  const { stream, version } = one.event;
  if (one.proof === "") throw new Refusal("client.not_in_log", { stream, version });
  const { index, witnessedAt, head } = await verifyProof(one.proof, unhex(leaf, 32, "leaf"), trust);
  return { event: one.event, leaf, index, witnessedAt, head };
}

/**
 * A lot as the witnessed log has it.
 * @param {{tender: string, lot: string, events: Proved[], moves: Proved[], form: object, ceiling_fen: number}} data of the lot's page; form
 *   and ceiling are believed only as the notice has them
 * @param {import("./trust.js").TrustFile} trust
 * @returns {Promise<Known>} refuses with `client.*`, `sealed.*`, `notice.*`, `proof.*`, `checkpoint.*`, `signature.*`
 */
export async function known(data, trust) {
  const found = await Promise.all(data.events.map((one) => proved(one, trust)));
  const stream = `tender/${data.tender}`;
  const [notice] = found;
  const inOrder = found.every(({ event }, at) => at === 0 || event.version > found[at - 1].event.version);
  const kinds = found.every(({ event }, at) => event.type === (at ? "addendum.issued" : "tender.published"));
  if (!notice || !inOrder || !kinds || found.some(({ event }) => event.stream !== stream)) {
    throw new Refusal("client.not_published", { tender: data.tender });
  }
  const said = notice.event.public.notice;
  const lot = said.lots.find((one) => one.lot === data.lot);
  if (said.tender !== data.tender || lot === undefined) throw new Refusal("client.not_published", { tender: data.tender });
  const form = hex(await sha256(canonical(data.form)));
  if (form !== lot.form) throw new Refusal("client.document_differs", { sha256: lot.form });
  if (data.ceiling_fen !== lot.ceiling_fen) throw new Refusal("client.not_published", { tender: data.tender });
  const identityKeys = Object.fromEntries(trust.custodians.map(({ id, key }) => [id, key]));
  for (const { id, key } of said.custodians) {
    if (identityKeys[id] !== key) throw new Refusal("client.other_custodian", { custodian: id });
  }
  return {
    terms: await terms(found.map(({ leaf }) => leaf)),
    spki: unhex(lot.spki, undefined, "spki"),
    maxBytes: lot.max_bytes,
    sets: await checkedSets(data, lot, identityKeys, trust),
    identityKeys,
    addenda: found.length - 1,
    deadline: await deadline(found, data.moves, stream, trust),
    interval: said.interval_ms,
  };
}

// A deadline moves with an addendum or when a suspended tender goes on; the last word counts.
async function deadline([notice, ...addenda], moves, stream, trust) {
  const resumed = await Promise.all(moves.map((one) => proved(one, trust)));
  const wrong = resumed.find(({ event }) => event.stream !== stream || event.type !== "tender.resumed");
  if (wrong) throw new Refusal("client.not_in_log", { stream: wrong.event.stream, version: wrong.event.version });
  const last = [...addenda, ...resumed].sort((one, other) => one.event.version - other.event.version).at(-1);
  return last ? last.event.public.deadline : notice.event.public.notice.published_for.deadline;
}

async function checkedSets({ tender, lot }, row, identityKeys, trust) {
  const sets = {};
  for (const { keyset, signatures } of row.keysets) {
    const { part } = keyset.purpose;
    if (!PARTS.includes(part)) continue;
    const checked = await keysets.parse(keyset);
    await keysets.checkSigned(checked, signatures, identityKeys);
    if (keyset.purpose.tender !== tender || keyset.purpose.lot !== lot) throw new Refusal("client.other_lot", { lot, part });
    sets[part] = { json: keyset, signatures, summary: keysets.summary(checked, trust.custodians) };
  }
  const missing = PARTS.find((part) => !Object.hasOwn(sets, part));
  if (missing) throw new Refusal("notice.keyset_missing", { lot, part: missing });
  return sets;
}
