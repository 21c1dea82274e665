/** What became of the bid: receipts, what the box holds, the roll, the verdict; and replacing and withdrawing. */
import { messageSha256, withdrawal } from "../sealed/bid.js";
import { canonical } from "../sealed/canonical.js";
import { picture } from "../parts/qr.js";
import { linkOf } from "../sealed/receiptlink.js";
import { Refusal } from "../sealed/refusal.js";
import * as tickets from "../sealed/tickets.js";
import { fate as standing } from "./fate.js";
import { continues, due, minuteOf } from "./head.js";
import { alarm, clock, copy, element, say, sayError, tell, text } from "./kit.js";
import { outcome } from "./outcome.js";
import { receiptPdf } from "./receipt.js";
import { keepReceipt } from "./send.js";
import { nextSeq } from "./sign.js";
import { alone } from "./steps.js";

// Where the log's own settings are not proved yet: no platform may have longer ones (claim `box.settings`).
const [MINUTE, LONGEST_GRACE] = [60_000, 120_000];

/** @typedef {import("./lot.js").Lot} Lot */

/**
 * What the box says it accepted of this bid key; every receipt is checked and kept.
 * @param {Lot} lot
 * @returns {Promise<object[]>}
 */
export async function ask(lot) {
  const { handed } = lot.draft.state;
  const accepted = await (await lot.box()).own();
  // Said of what had been handed in by then; another tab may send meanwhile.
  lot.handed = handed;
  for (const { kind, seq, sha256, receipt } of accepted) await keepReceipt(lot, { kind, seq, sha256, receipt });
  lot.stale = new Set(accepted.filter(({ stale }) => stale).map(({ sha256 }) => sha256));
  await look(lot);
  return accepted;
}

/** Withdraws what the box holds of us; again after a cut line it is the same withdrawal. @param {Lot} lot */
export async function withdraw(lot) {
  const box = await lot.box();
  const newest = (await ask(lot)).reduce((last, one) => (last && last.seq > one.seq ? last : one), null);
  if (newest === null) throw new Refusal("submission.nothing_to_withdraw", { lot: lot.lot });
  if (newest.kind === "withdrawal") return;
  const signer = await tickets.bidKey(lot.who.secret, lot.tender, lot.lot);
  const seq = await nextSeq(lot);
  const envelope = await withdrawal({ tender: lot.tender, lot: lot.lot, seq }, signer);
  const receipt = await box.hand("withdrawals", envelope);
  await keepReceipt(lot, { kind: "withdrawal", seq, sha256: await messageSha256(envelope), receipt });
}

/** @param {Lot} lot @returns {object|undefined} the newest message that was accepted */
export const newest = (lot) => lot.draft.state.receipts.at(-1);

/** Checks what became of the lot's bids against the log. @param {Lot} lot */
export async function learn(lot) {
  lot.outcome = null;
  if (lot.known) {
    try {
      const found = await outcome(lot.data, lot.known.deadline, lot.trust);
      await continues(lot.who.own.party, lot.tender, lot.lot, found.events, lot.asked);
      lot.outcome = found;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      alarm(text("alarm.proof", { why: sayError(error) }));
    }
  }
  await look(lot);
}

/** Looks up how far the minutes of our receipts are witnessed, and shows it. @param {Lot} lot */
export async function look(lot) {
  const starts = lot.draft?.state.receipts.map(({ receipt }) => receipt.object.minute) ?? [];
  const found = await Promise.all(starts.map(async (minute) => [minute, await minuteOf(lot.who.own.party, minute, lot.heard)]));
  lot.minutes = Object.fromEntries(found);
  if (lot.draft) show(lot);
}

/** @param {Lot} lot @returns {{proved: string[], told: string[], alarms: string[]}} where the bid stands, in words */
function fate(lot) {
  const { receipts, sealed, handed } = lot.draft.state;
  const found = standing({
    ...{ receipts, sealed, unsent: handed !== sealed?.sha256 || lot.handed === handed, bidKey: lot.bidKey, outcome: lot.outcome, data: lot.data },
    due: (minute) => due(minute, lot.heard ?? { interval: lot.known?.interval ?? MINUTE, grace: LONGEST_GRACE }),
  });
  return Object.fromEntries(Object.entries(found).map(([kind, rows]) => [kind, rows.map(sentence)]));
}

function sentence([key, values]) {
  const times = ["at", "seen", "late"].filter((name) => values[name]).map((name) => [name, clock(values[name])]);
  const { reason } = values;
  const why = reason?.code ? [["why", [say(reason.code, reason.params), reason.article].filter(Boolean).join(text("comma"))]] : [["why", ""]];
  return text(key, { ...values, ...Object.fromEntries(times), ...Object.fromEntries(why) }).trim();
}

/** @param {Lot} lot @returns {string} where the bid stands, in short */
export function stand(lot) {
  const { proved, told, alarms } = fate(lot);
  const last = newest(lot);
  const unsent = last?.kind === "submission" && !lot.draft.standing.sent && !lot.outcome ? [text("unsent", { seq: last.seq })] : [];
  // Where nothing is proved yet, what is told is all there is.
  return [...alarms, ...(proved.length ? proved : told), ...unsent].join(" ");
}

/** @param {Lot} lot @returns {string} which version, signed or sealed and not sent, a withdrawal takes the number of; "" if none */
export function loses(lot) {
  const { work, sealed } = lot.draft.state;
  if (lot.draft.standing.open) return text("withdraw_loses_sealed", { seq: sealed.seq });
  return work && work.seq > (newest(lot)?.seq ?? 0) ? text("withdraw_loses_signed", { seq: work.seq }) : "";
}

function row(lot, one) {
  const { kind, seq, sha256, receipt } = one;
  const item = copy("receipt");
  const put = (name, words) => { item.querySelector(`[data-${name}]`).textContent = words; };
  const { at, minute } = receipt.object;
  put("kind", text(`receipt.${kind}`, { seq }));
  put("at", clock(at));
  item.querySelector("[data-at]").dateTime = at;
  const seen = lot.minutes[minute] ?? { said: "waits", at: "" };
  put("minute", `${clock(minute)} ${text(`minute.${seen.said}`, { at: seen.at && clock(seen.at) })}`);
  put("signature", text("receipt.checked", { key: lot.trust.box_key.slice(0, 16) }));
  put("hash", sha256);
  put("stale", lot.stale?.has(sha256) ? text("stale_accepted") : "");
  const json = item.querySelector("[data-json]");
  json.href = URL.createObjectURL(new Blob([canonical(receipt), "\n"], { type: "application/json" }));
  json.download = `receipt-${lot.lot}-${seq}.json`;
  const link = linkOf(receipt, location.origin);
  item.querySelector("[data-link]").href = link;
  item.querySelector("[data-code]").append(picture(link, text("receipt.code", { seq })));
  const pdf = item.querySelector("[data-pdf]");
  pdf.addEventListener("click", (event) => {
    if (pdf.download) return;
    event.preventDefault();
    receiptPdf(lot, one).then((blob) => {
      pdf.href = URL.createObjectURL(blob);
      pdf.download = `receipt-${lot.lot}-${seq}.pdf`;
      pdf.click();
    }, (error) => tell(element("status-error"), sayError(error)));
  });
  return item;
}

// Said once: a screen reader would read the same words out again.
function retell(id, words) {
  if (element(id).textContent !== words) tell(element(id), words);
}

/** @param {Lot} lot shows it all */
export function show(lot) {
  const { proved, told, alarms } = fate(lot);
  retell("fate-alarms", alarms.length ? [...alarms, text("alarm.do")].join(" ") : "");
  retell("fate", proved.join(" "));
  retell("fate-told", told.join(" "));
  retell("fate-seen", lot.heard ? text("seen_at", { at: clock(lot.heard.witnessedAt) }) : text("seen_never"));
  const shown = JSON.stringify([lot.draft.state.receipts.map(({ sha256 }) => sha256), [...(lot.stale ?? [])], lot.minutes]);
  const place = element("receipts");
  // Rows hold addresses of files in memory: made anew only when they say something else.
  if (place.dataset.shown === shown) return;
  place.dataset.shown = shown;
  place.replaceChildren(...lot.draft.state.receipts.map((one) => row(lot, one)).reverse());
}

/** @param {Lot} lot the buttons */
export function wire(lot) {
  const run = (button, what, place) => element(button).addEventListener("click", async () => {
    element(button).disabled = true;
    tell(element(place), "");
    try {
      await what();
    } catch (error) {
      tell(element(place), sayError(error));
    } finally {
      element(button).disabled = false;
      lot.refresh();
    }
  });
  run("ask-box", async () => {
    await ask(lot);
    // The answer stands above the receipts, of which there may be more now than fit the window.
    element("status-title").focus();
  }, "status-error");
  run("replace-now", async () => {
    // Prefilled with what is here; from the first change on it is another version.
    element("answers-title").focus();
  }, "status-error");
  run("withdraw-now", async () => {
    const typed = element("withdraw-word");
    if (typed.value.trim() !== typed.dataset.word) {
      typed.focus();
      tell(element("withdraw-error"), text("withdraw_word", { word: typed.dataset.word }));
      return;
    }
    await alone(lot, "withdraw", async () => {
      await withdraw(lot);
      typed.value = "";
      element("withdrawal").open = false;
      element("status-title").focus();
    });
  }, "withdraw-error");
}

