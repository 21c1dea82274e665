/** What became of the bid: receipts, what the box holds, the roll, the verdict; and replacing and withdrawing. */
import { messageSha256, withdrawal } from "../sealed/bid.js";
import { canonical } from "../sealed/canonical.js";
import { picture } from "../parts/qr.js";
import { linkOf } from "../sealed/receiptlink.js";
import { Refusal } from "../sealed/refusal.js";
import * as tickets from "../sealed/tickets.js";
import { clock, copy, element, sayError, tell, text } from "./kit.js";
import { receiptPdf } from "./receipt.js";
import { keepReceipt } from "./send.js";
import { nextSeq } from "./sign.js";

/** @typedef {import("./lot.js").Lot} Lot */

/**
 * What the box says it accepted of this bid key; every receipt is checked and kept.
 * @param {Lot} lot
 * @returns {Promise<object[]>}
 */
export async function ask(lot) {
  const accepted = await (await lot.box()).own();
  for (const { kind, seq, sha256, receipt } of accepted) await keepReceipt(lot, { kind, seq, sha256, receipt });
  lot.stale = new Set(accepted.filter(({ stale }) => stale).map(({ sha256 }) => sha256));
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

/** @param {Lot} lot @returns {string} where the bid stands, in words */
export function fate(lot) {
  const { data, draft } = lot;
  const last = newest(lot);
  if (last === undefined) {
    if (draft.state.sealed) return text("fate.sealed");
    return text(data.roll.closed || data.state === "closing" ? "fate.none_closed" : "fate.none");
  }
  const said = { seq: last.seq, at: clock(last.receipt.object.at) };
  if (last.kind === "withdrawal") return text("fate.withdrawn", said);
  if (!data.roll.closed) return text("fate.accepted", said);
  if (!data.roll.submissions.includes(last.sha256)) return text("fate.not_on_roll", said);
  const result = data.results[lot.bidKey];
  if (!result) return text("fate.on_roll", said);
  const facts = [result.awarded ? text("verdict.awarded") : result.said, result.reason, result.rank && text("fate.rank", result), result.total && text("fate.total", result)];
  return [text("fate.on_roll", said), ...facts.filter(Boolean), ...result.marks].join(" ");
}

function row(lot, one) {
  const { kind, seq, sha256, receipt } = one;
  const item = copy("receipt");
  const put = (name, words) => { item.querySelector(`[data-${name}]`).textContent = words; };
  const { at, minute } = receipt.object;
  put("kind", text(`receipt.${kind}`, { seq }));
  put("at", clock(at));
  item.querySelector("[data-at]").dateTime = at;
  put("minute", `${clock(minute)} ${text(lot.minute >= minute ? "minute_witnessed" : "minute_waits")}`);
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

/** @param {Lot} lot shows it all */
export function show(lot) {
  tell(element("fate"), fate(lot));
  const shown = JSON.stringify([lot.draft.state.receipts.map(({ sha256 }) => sha256), [...(lot.stale ?? [])], lot.minute]);
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
    await withdraw(lot);
    typed.value = "";
    element("withdrawal").open = false;
    element("status-title").focus();
  }, "withdraw-error");
}

