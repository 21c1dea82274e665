/**
 * What the platform tells everybody of its log: its newest checkpoint and the last minutes of the box.
 *
 * Believed only as far as it is proved, and only if it goes on from what this browser has seen before.
 */
import { hex } from "../sealed/bytes.js";
import { Refusal } from "../sealed/refusal.js";
import { all, get, put, update } from "./keep.js";
import { proved } from "./known.js";
import { checkpoint } from "./proof.js";

/**
 * @typedef {object} Heard
 * @property {number} size of the newest witnessed tree
 * @property {string} witnessedAt when it had enough witnesses
 * @property {{minute: string, witnessedAt: string}[]} minutes of the box that are in it, the newest last
 * @property {number} interval the length of a minute, ms
 * @property {number} grace how long after its end a minute may be witnessed, ms
 */

/**
 * What this browser held before it asked. Only that has to be in what it is told then: another tab may have asked later and
 * been told first.
 * @typedef {object} Before
 * @property {Record<string, number>} heads the size of the newest tree, by log
 * @property {Record<string, number>} lots the version of the last event that was shown, by `tender/lot`
 */

/** @param {string} party @returns {Promise<Before>} to be called before asking */
export async function before(party) {
  const [heads, own] = await Promise.all([all("trust", "head"), all("trust", party)]);
  const lots = own.filter(({ key: [, what] }) => what === "seen");
  return {
    heads: Object.fromEntries(heads.map(({ key: [, origin], value: { size } }) => [origin, size])),
    lots: Object.fromEntries(lots.map(({ key: [, , tender, lot], value }) => [`${tender}/${lot}`, value.at(-1)?.version ?? 0])),
  };
}

/**
 * @param {{head: string, log: import("./known.js").Proved[], minutes: import("./known.js").Proved[], before: Before}} told as
 *   `/bid/lots` says it
 * @param {import("./trust.js").TrustFile} trust
 * @returns {Promise<Heard|null>} null before there is a witnessed checkpoint; refuses with `log.rolled_back`, `log.fork`,
 *   `checkpoint.*`, `proof.*`, `merkle.*`, `client.not_in_log`
 */
export async function heard({ head: note, log, minutes, before: { heads } }, trust) {
  const seen = heads[trust.log.origin] ?? 0;
  if (note === "") {
    if (seen) throw new Refusal("log.rolled_back", { signed: seen, found: 0 });
    return null;
  }
  const head = await checkpoint(note, trust);
  await goesOn(trust.log.origin, seen, { size: head.size, root: hex(head.root), note });
  const { interval_ms: interval, grace_ms: grace } = (await settings(log, trust)).public;
  const ready = minutes.filter(({ proof }) => proof !== "");
  const found = await Promise.all(ready.map((one) => proved(one, trust)));
  const strange = found.find(({ event }) => event.stream !== "box" || event.type !== "box.minute");
  if (strange) throw new Refusal("client.not_in_log", { stream: strange.event.stream, version: strange.event.version });
  const told = found.map(({ event, witnessedAt }) => ({ minute: event.public.minute, witnessedAt }));
  return { size: head.size, witnessedAt: head.witnessedAt, minutes: told.sort((one, other) => (one.minute < other.minute ? -1 : 1)), interval, grace };
}

// A smaller tree takes something back; another one of the same size says something else to somebody else.
async function goesOn(origin, seen, told) {
  if (told.size < seen) throw new Refusal("log.rolled_back", { signed: seen, found: told.size });
  let other = null;
  await update("trust", ["head", origin], (held) => {
    if (held && told.size < held.size) return held;
    if (held && told.size === held.size && told.root !== held.root) other = held;
    return other ?? told;
  });
  if (other === null) return;
  await put("trust", ["fork", origin, String(other.size)], { held: other.note, told: told.note });
  throw new Refusal("log.fork", { size: told.size, held: other.size });
}

async function settings([opened], trust) {
  if (!opened) throw new Refusal("client.not_in_log", { stream: "log", version: 1 });
  const { event } = await proved(opened, trust);
  const first = event.stream === "log" && event.version === 1 && event.type === "log.opened";
  if (!first || event.public.box_key !== trust.box_key) throw new Refusal("client.not_in_log", { stream: "log", version: 1 });
  return event;
}

/**
 * Remembers when the minutes of this browser's own receipts were witnessed: later minutes take their place in what is told.
 * @param {string} party
 * @param {Heard} told
 */
export async function remember(party, { minutes }) {
  const own = new Set((await all("drafts", party)).flatMap(({ value }) => value.receipts ?? []).map(({ receipt }) => receipt.object.minute));
  for (const { minute, witnessedAt } of minutes) {
    const place = [party, "minute", minute];
    if (own.has(minute) && !(await get("trust", place))) await put("trust", place, witnessedAt);
  }
}

/**
 * What is proved of a receipt's minute.
 * @param {string} party whose receipt it is
 * @param {string} minute its start
 * @param {Heard|null} told
 * @returns {Promise<{said: "seen"|"late"|"passed"|"waits", at: string}>} `seen`: it is in the witnessed log, in time to count (`at`:
 *   since when); `late`: in it, but after its time; `passed`: the log goes beyond it (up to the minute `at`); `waits`: nothing yet
 */
export async function minuteOf(party, minute, told) {
  if (told === null) return { said: "waits", at: "" };
  const own = told.minutes.find((one) => one.minute === minute)?.witnessedAt ?? (await get("trust", [party, "minute", minute]));
  const last = told.minutes.at(-1);
  if (own !== undefined) return { said: Date.parse(own) <= due(minute, told) ? "seen" : "late", at: own };
  if (!last || last.minute < minute) return { said: "waits", at: "" };
  return { said: "passed", at: last.minute };
}

/** @param {string} minute its start @param {{interval: number, grace: number}} told @returns {number} until when it has to be witnessed to count, ms */
export const due = (minute, { interval, grace }) => Date.parse(minute) + interval + grace;

/**
 * Takes what is proved of a lot only if it goes on from what was shown before: nothing that stood there may be left out.
 * @param {string} party to whom it was shown
 * @param {string} tender
 * @param {string} lot
 * @param {{version: number, leaf: string}[]} events
 * @param {number} asked the version of the last event that was shown before this was asked for: what came later may be missing,
 *   as in another language's page that lay on the shelf
 * @returns {Promise<void>} refuses with `evidence.kept_back`
 */
export async function continues(party, tender, lot, events, asked) {
  await update("trust", [party, "seen", tender, lot], (held = []) => {
    // What comes before another event, or stands in its place, is no later one.
    const missing = ({ version, leaf }) =>
      !events.some((one) => one.leaf === leaf) && (version <= asked || events.some((one) => one.version >= version));
    const gone = held.find(missing);
    if (gone) throw new Refusal("evidence.kept_back", { stream: `lot/${tender}/${lot}`, version: gone.version });
    return events.length > held.length ? events : held;
  });
}
