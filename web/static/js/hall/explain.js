/**
 * The form for who was asked to explain a low price. It is the form for objections with another end: only bids that were
 * asked may use it, and more than once.
 */
import { Objecting } from "./object.js";

export class Explaining extends Objecting {
  /**
   * @param {HTMLElement} root the hall
   * @param {HTMLElement} place the part of the page that is about explaining
   * @param {import("./clock.js").Clock} clock
   * @param {{tender: string, lot: string}} about
   */
  constructor(root, place, clock, about) {
    super(root, place, clock, about, "explain");
  }

  /** @returns {import("./own.js").Own[]} those that were asked */
  announced() {
    const asked = (/** @type {string} */ key) => this.root.querySelector(`[data-rows=low] [data-low=asked][data-bid-key="${key}"]`);
    return this.bids.filter(({ key }) => asked(key) !== null);
  }

  /** @returns {"" | "explanation" | "after"} as the template has it */
  stand() {
    const { until, over } = this.place.dataset;
    if (!until) return "";
    return !over && this.clock.now() < Date.parse(until) ? "explanation" : "after";
  }

  /** @param {string} stand @returns {boolean} */
  open(stand) {
    return stand === "explanation";
  }

  /** @returns {string} nothing is said to who was not asked: the rows above say who was */
  without() {
    return this.bids.length === 0 ? "away" : "";
  }

  /** @param {import("./object.js").Sent} one @returns {Element | null} its place in the list: its words, as they stand in the log */
  listed({ key, text }) {
    const rows = [...this.root.querySelectorAll(`[data-rows=low] [data-low=explained][data-bid-key="${key}"]`)];
    return rows.find((made) => made.querySelector("[data-slot=text]")?.textContent === text) ?? null;
  }

  /** @param {import("./object.js").Sent} one @returns {string} how it stands */
  fate(one) {
    return this.listed(one) === null ? super.fate(one) : this.word("listed", { id: one.id });
  }
}
