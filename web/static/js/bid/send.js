/** Sending: the sealed version to the box, going on where it stopped; what was sealed is never sealed again for it. */
import { receipt as checkedReceipt } from "../sealed/bid.js";
import { file } from "../sealed/folder.js";
import { Refusal } from "../sealed/refusal.js";
import { place } from "./seal.js";

const WINDOW = 10_000;

/** @typedef {import("./lot.js").Lot} Lot */

/** How fast it goes, over the last seconds; no guess before there is something to go by. */
export class Pace {
  constructor() {
    this.seen = [];
  }

  /** @param {number} done bytes the box has @param {number} total @param {number} now ms @returns {number|null} seconds that are left */
  left(done, total, now) {
    this.seen.push({ done, now });
    while (this.seen.length > 2 && now - this.seen[0].now > WINDOW) this.seen.shift();
    const [first] = this.seen;
    const rate = (done - first.done) / (now - first.now);
    return now - first.now < 2000 || !(rate > 0) ? null : Math.ceil((total - done) / (1000 * rate));
  }
}

/**
 * @param {Lot} lot
 * @param {{signal: AbortSignal, onProgress: (done: number, total: number, left: number|null) => void, onWait: () => void}} how
 * @returns {Promise<void>} with a receipt that was checked; refuses as the box does
 */
export async function send(lot, { signal, onProgress, onWait }) {
  const { sealed } = lot.draft.state;
  if (sealed === null) throw new Refusal("bid.not_sealed", { seq: 0 });
  const box = await lot.box({ signal, onWait });
  const total = sealed.contents.reduce((sum, { size }) => sum + size, 0);
  const pace = new Pace();
  let before = 0;
  for (const { name, size, sha256 } of sealed.contents) {
    const kept = await ciphertext(lot, sealed.seq, name, size);
    await box.upload(kept, sha256, (offset) => onProgress(before + offset, total, pace.left(before + offset, total, performance.now())));
    before += size;
  }
  // From here on the box may have it, with its receipt lost on the way. A full disk stops nobody from sending, and is told.
  lot.handed = null;
  await lot.draft.note((state) => { state.handed = sealed.sha256; }).catch(() => {});
  const receipt = await box.hand("submissions", sealed.submission);
  await keepReceipt(lot, { kind: "submission", seq: sealed.seq, sha256: sealed.sha256, receipt });
}

async function ciphertext(lot, seq, name, size) {
  try {
    const found = await file(place(lot, seq), name);
    if (found.size === size) return found;
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
  }
  throw new Refusal("bid.no_such_ciphertext", { sha256: name });
}

/** Checks a receipt against the trust file's box key and keeps it. @param {Lot} lot @param {object} row */
export async function keepReceipt(lot, { kind, seq, sha256, receipt }) {
  await checkedReceipt(receipt, lot.trust.box_key, { lot: lot.lot, sha256 });
  await lot.draft.note((state) => {
    state.receipts = [...state.receipts.filter((one) => one.sha256 !== sha256), { kind, seq, sha256, receipt }].sort((one, other) => one.seq - other.seq);
  });
}
