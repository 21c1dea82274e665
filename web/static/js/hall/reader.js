/**
 * Hands messages on in their order, and reads them out: bidders and offers that come while one watches appear one after
 * the other, and each step of the opening stands for a moment before the next one takes its place. What was missed, and
 * what comes while nobody looks, appears at once.
 */

const ONE_BY_ONE = new Set(["bidder", "offer"]);
const STEPS = new Set(["closed", "present", "coefficients", "announced", "sheet", "evaluated", "candidates", "awarded", "failed"]);
const STEP = 3000; // ms that a step stands
const LONGEST = 1500; // ms between two rows
const WHOLE = 45000; // ms for a list, however long

export class Reader {
  /** @param {(message: any) => void} tell */
  constructor(tell) {
    this.tell = tell;
    /** @type {any[]} */
    this.waiting = [];
    this.until = 0;
    this.timer = 0;
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  }

  /** @param {number} head up to this number, messages are what was missed */
  missed(head) {
    this.until = head;
  }

  /** @param {any} message the next one */
  take(message) {
    this.waiting.push(message);
    if (this.timer === 0) {
      this.next();
    }
  }

  next() {
    this.timer = 0;
    while (this.waiting.length > 0) {
      const message = this.waiting.shift();
      this.tell(message);
      if (this.waits(message)) {
        this.timer = window.setTimeout(() => this.next(), STEPS.has(message.kind) ? STEP : Math.min(LONGEST, WHOLE / message.of));
        return;
      }
    }
  }

  /** @param {any} message */
  waits(message) {
    return (ONE_BY_ONE.has(message.kind) || STEPS.has(message.kind)) && message.n > this.until && !document.hidden && !this.calm.matches;
  }
}
