/**
 * Where a bid stands: what is proved, what only the office says, and what contradicts the box's own receipts.
 *
 * Pure: it gives keys of the page's texts with their values, and says nothing itself.
 */

/**
 * @typedef {[string, Record<string, any>]} Said a text's key and its values; times as in the log
 * @typedef {{proved: Said[], told: Said[], alarms: Said[]}} Fate
 * @typedef {{kind: string, seq: number, sha256: string, receipt: {object: {at: string, minute: string}}}} Kept a receipt of the box that was checked
 */

/**
 * @param {object} about
 * @param {Kept[]} about.receipts by number
 * @param {{seq: number, sha256: string}|null} about.sealed the version that was sealed here last
 * @param {boolean} about.unsent whether that was never handed to the box, or the box has said since that it has none
 * @param {string} about.bidKey
 * @param {import("./outcome.js").Outcome|null} about.outcome null where it could not be checked
 * @param {{state: string, results: Record<string, any>}} about.data what the office says of the lot
 * @param {(minute: string) => number} about.due until when a minute has to be witnessed to count, ms
 * @returns {Fate}
 */
export function fate({ receipts, sealed, unsent, bidKey, outcome, data, due }) {
  const out = { proved: [], told: [], alarms: [] };
  const last = receipts.at(-1);
  const shut = outcome?.closed ?? null;
  if (unreceipted(sealed, last) && shut?.submissions.includes(sealed.sha256)) {
    lostReceipt(out, receipts, sealed, shut);
    judged(out, sealed, bidKey, outcome);
    toldOnly(out, bidKey, outcome, data);
    return out;
  }
  if (last === undefined) {
    none(out, { sealed, unsent, shut, data });
    return out;
  }
  const said = { seq: last.seq, at: last.receipt.object.at };
  if (shut === null) {
    out.proved.push([last.kind === "withdrawal" ? "fate.withdrawn" : "fate.accepted", said]);
    notClosed(out, outcome, data);
  } else if (onRoll(out, receipts, shut, due)) {
    judged(out, last, bidKey, outcome);
  }
  toldOnly(out, bidKey, outcome, data);
  return out;
}

// Its receipt may be lost: the line, or the machine, may have gone down after the box took it.
const unreceipted = (sealed, last) => sealed !== null && sealed.seq > (last?.seq ?? 0);

function lostReceipt(out, receipts, { seq }, shut) {
  if (!shut.first) out.told.push(["told.not_first", {}]);
  const older = receipts.find(({ sha256 }) => shut.submissions.includes(sha256));
  if (older) out.alarms.push(["alarm.older", { seq, older: older.seq }]);
  out.proved.push(["fate.on_roll_unreceipted", { seq, seen: shut.witnessedAt }]);
}

// Without a receipt only the roll, or the box, says whether a sealed bid was sent.
function none(out, { sealed, unsent, shut, data }) {
  if (sealed === null) out.proved.push([shut || data.state === "closing" ? "fate.none_closed" : "fate.none", {}]);
  else if (shut) out.proved.push(["fate.sealed_off_roll", { seq: sealed.seq, seen: shut.witnessedAt }]);
  else if (unsent) out.proved.push(["fate.sealed", {}]);
  else out.told.push(["told.no_receipt", { seq: sealed.seq }]);
}

function notClosed(out, outcome, data) {
  if (outcome?.waiting.includes("lot.closed")) out.told.push(["told.closed", {}]);
  else if (data.state === "closing") out.told.push(["told.closing", {}]);
}

// Whether the newest bid stands on the roll as it should; what is wrong becomes an alarm.
function onRoll(out, receipts, shut, due) {
  const last = receipts.at(-1);
  const said = { seq: last.seq, at: last.receipt.object.at, seen: shut.witnessedAt };
  const listed = receipts.filter(({ sha256 }) => shut.submissions.includes(sha256));
  if (!shut.first) out.told.push(["told.not_first", {}]);
  if (last.kind === "withdrawal") {
    if (listed.length) out.alarms.push(["alarm.withdrawn_on_roll", { ...said, seq: listed[0].seq }]);
    else out.proved.push(["fate.withdrawn_off_roll", said]);
    return false;
  }
  const older = listed.find((one) => one !== last);
  if (older) out.alarms.push(["alarm.older", { ...said, older: older.seq }]);
  if (listed.includes(last)) {
    out.proved.push(["fate.on_roll", said]);
    return true;
  }
  const row = shut.minutes.find(({ accepted }) => accepted.includes(last.sha256));
  const late = row && Date.parse(row.witnessed.at) > due(last.receipt.object.minute);
  out.alarms.push([row ? (late ? "alarm.too_late" : "alarm.miscounted") : "alarm.dropped", { ...said, late: row?.witnessed.at }]);
  return false;
}

function judged(out, last, bidKey, { announced, offers, asked, findings, report, ranking, candidates, awarded, failed }) {
  const own = (rows, name) => rows?.find((one) => one[name] === bidKey);
  const row = own(announced, "bid_key");
  if (announced && !row) out.alarms.push(["alarm.not_announced", { seq: last.seq }]);
  else if (row && row.submission !== last.sha256) out.alarms.push(["alarm.other_announced", { seq: last.seq, sha256: row.submission }]);
  else if (row) verdict(out, row, own(offers, "bid_key"), offers !== null);
  const found = own(findings, "bid_key");
  if (found) out.proved.push([found.proved ? "fate.found.proved" : "fate.found.unproved", {}]);
  else if (own(asked?.asked, "bid_key") && !report) out.proved.push(["fate.asked", { at: asked.until }]);
  const place = own(ranking, "bid_key");
  if (place) out.proved.push(["fate.rank", { rank: place.rank }], ["fate.total", { total: place.total }]);
  else if (own(report, "bid")?.state === "rejected") out.proved.push(["fate.rejected_by_rules", {}]);
  if (awarded === bidKey) out.proved.push(["verdict.awarded", {}]);
  else if (candidates?.includes(bidKey)) out.proved.push(["fate.candidate", {}]);
  if (failed) out.proved.push(["fate.failed", { reason: failed }]);
}

function verdict(out, row, offer, opened) {
  out.proved.push([`fate.announced.${row.state}`, { reason: row.reason }]);
  if (row.state !== "counted" || !opened) return;
  if (offer) out.proved.push([`fate.offer.${offer.state}`, { reason: offer.reason }]);
  else out.alarms.push(["alarm.not_opened", {}]);
}

// What the office says beyond that: marked as its word, and never in the place of what is proved.
function toldOnly(out, bidKey, outcome, { results }) {
  const result = results[bidKey];
  if (!result) return;
  if (!outcome || outcome.waiting.length) {
    const facts = [result.said, result.reason, result.rank && `#${result.rank}`, result.total].filter(Boolean);
    out.told.push(["told.result", { said: facts.join(" · ") }]);
  }
  if (result.marks.length) out.told.push(["told.marks", { marks: result.marks.join(" ") }]);
}
