/**
 * Hands messages on in their order, and reads lists out one by one: bidders and offers that come while one watches
 * appear one after the other. What was missed, and what comes while nobody looks, appears at once.
 */

const ONE_BY_ONE = new Set(["bidder", "offer"]);
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
        this.timer = window.setTimeout(() => this.next(), Math.min(LONGEST, WHOLE / message.of));
        return;
      }
    }
  }

  /** @param {any} message */
  waits(message) {
    return ONE_BY_ONE.has(message.kind) && message.n > this.until && !document.hidden && !this.calm.matches;
  }
}
