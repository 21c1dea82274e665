/**
 * What became of a lot's bids: from events that stand in the witnessed log, and lists that these events name.
 *
 * What has no proof yet is left out and named; what has a wrong one is refused.
 */
import { concat, equal, hex, unhex } from "../sealed/bytes.js";
import { canonical, MAX_DOCUMENT } from "../sealed/canonical.js";
import { label, sha256 } from "../sealed/digest.js";
import { Refusal } from "../sealed/refusal.js";
import { entryOf } from "../sealed/roll.js";
import { Edge } from "./edge.js";
import { proved } from "./known.js";
import { checkpoint } from "./proof.js";

const LISTS = { "lot.closed": "minutes", "lot.announced": "bids", "lot.offers_opened": "bids", "lot.evaluated": "report" };

/**
 * @typedef {{submission: string, bid_key: string, state: string, reason: {code?: string, article?: string, params?: object}}} Row
 * @typedef {object} Outcome
 * @property {string[]} waiting types of events that the office tells of and that have no proof yet
 * @property {{version: number, leaf: string}[]} events that are proved
 * @property {{submissions: string[], minutes: {version: number, accepted: string[], withdrawn: string[], witnessed: {size: number, at: string}}[],
 *   witnessedAt: string, first: boolean}|null} closed `first`: whether it is proved that no other roll stands before this one
 * @property {Row[]|null} announced
 * @property {Row[]|null} offers
 * @property {{asked: {bid_key: string}[], until: string}|null} asked whose low price is to be explained
 * @property {{bid_key: string, proved: boolean}[]|null} findings what was found of the explanations
 * @property {{bid: string, state: string, rank?: number, total?: string}[]|null} report
 * @property {{bid_key: string, rank: number, total: string}[]|null} ranking
 * @property {string[]|null} candidates their bid keys, the first first
 * @property {string} awarded bid key, or ""
 * @property {object|null} failed why the lot failed
 */

/**
 * @param {{tender: string, lot: string, outcome: {events: import("./known.js").Proved[], lists: Record<string, any>}, closing: object}} data
 *   of the lot's page
 * @param {string} deadline in force, as proved
 * @param {import("./trust.js").TrustFile} trust
 * @returns {Promise<Outcome>} refuses with `client.*`, `evidence.*`, `roll.*`, `merkle.*`, `checkpoint.*`, `proof.*`
 */
export async function outcome(data, deadline, trust) {
  const { events, lists } = data.outcome;
  const found = await Promise.all(events.filter(({ proof }) => proof !== "").map((one) => proved(one, trust)));
  inOrder(found, `lot/${data.tender}/${data.lot}`);
  const last = (type) => found.findLast(({ event }) => event.type === type);
  const list = async (type) => {
    const one = last(type);
    return one ? (await named(one.event.public[LISTS[type]], lists))[type === "lot.evaluated" ? "bids" : LISTS[type]] : null;
  };
  const award = found.findLast(({ event }) => ["lot.awarded", "lot.next_candidate"].includes(event.type));
  return {
    waiting: events.filter(({ proof }) => proof === "").map(({ event }) => event.type),
    events: found.map(({ event, leaf }) => ({ version: event.version, leaf })),
    closed: last("lot.closed") ? await closed(data, last("lot.closed"), await list("lot.closed"), deadline, trust) : null,
    announced: await list("lot.announced"),
    offers: await list("lot.offers_opened"),
    asked: last("lot.explanations_asked")?.event.public ?? null,
    findings: last("lot.explanations_judged")?.event.public.findings ?? null,
    report: await list("lot.evaluated"),
    ranking: last("lot.evaluated")?.event.public.ranking ?? null,
    candidates: last("lot.candidates_published")?.event.public.candidates.map((one) => one.bid_key) ?? null,
    awarded: award?.event.type === "lot.awarded" ? award.event.public.bid_key : "",
    failed: last("lot.failed")?.event.public.reason ?? null,
  };
}

function inOrder(found, stream) {
  for (const [at, { event, index }] of found.entries()) {
    const before = found[at - 1];
    const follows = !before || (event.version > before.event.version && index > before.index);
    if (event.stream !== stream || !follows) throw new Refusal("evidence.stream_order", { stream, version: event.version });
  }
}

// What an event names by its hash is that document and no other.
async function named(sha, lists) {
  const document = lists[sha];
  if (document === undefined || hex(await sha256(canonical(document, MAX_DOCUMENT))) !== sha) throw new Refusal("client.document_differs", { sha256: sha });
  return document;
}

async function closed({ tender, lot, closing }, { event, leaf, index, witnessedAt }, minutes, deadline, trust) {
  const { roll } = event.public;
  if (roll.tender !== tender || roll.lot !== lot) throw new Refusal("roll.other_lot", { tender: roll.tender, lot: roll.lot });
  const first = Object.keys(closing).length > 0 && (await onlyOne(closing, { event, leaf, index }, deadline, trust));
  return { submissions: roll.submissions, minutes, witnessedAt, first };
}

/**
 * No other roll of the lot, and no other telling of its closing, stands in the log between a checkpoint before the deadline
 * and the one that was shown: the first counts, and one that witnesses saw before the deadline would be none. False where
 * the log shown does not begin before the deadline.
 */
async function onlyOne({ before, edge, entries, after }, { event, leaf, index }, deadline, trust) {
  const [start, end] = await Promise.all([before, after].map((note) => checkpoint(note, trust)));
  if (!(start.witnessedAt < deadline)) return false;
  const tree = new Edge(start.size, edge.map((one) => unhex(one, 32, "edge")));
  if (!equal(await tree.root(), start.root)) throw new Refusal("merkle.inconsistent", { old: start.size, size: end.size });
  const held = entries.map((one) => unhex(one, undefined, "entry"));
  for (const entry of held) await tree.append(entry);
  if (tree.size !== end.size || !equal(await tree.root(), end.root)) throw new Refusal("merkle.inconsistent", { old: start.size, size: end.size });
  const { roll } = event.public;
  const wanted = await entryOf(roll);
  const rolls = firstOf(held, wanted, 32);
  if (rolls < 0 || !equal(held[rolls], wanted) || start.size + rolls + 1 !== index) throw new Refusal("roll.not_first", { lot: roll.lot, index });
  const slot = await slotEntry(event.stream, event.version, leaf);
  const slots = firstOf(held, slot, 32);
  if (slots < 0 || !equal(held[slots], slot)) throw new Refusal("evidence.twin", { stream: event.stream, version: event.version });
  return true;
}

// The first entry about the same subject: all but the value's hash at its end is the same.
function firstOf(entries, wanted, tail) {
  const about = wanted.slice(0, -tail);
  return entries.findIndex((one) => one.length === wanted.length && equal(one.slice(0, -tail), about));
}

async function slotEntry(stream, version, leaf) {
  return concat(label("slot"), await sha256(canonical({ stream, version })), unhex(leaf, 32, "leaf"));
}
