/**
 * The form for objections on the spot, for who has a bid in this lot. What was typed, and what was handed in, is kept in
 * this tab until the log has it, the person signs out or somebody else signs in. The letter goes to the box, signed by the bid key, and nowhere else.
 */
import { handIn } from "../bid/object.js";
import { TYPED, signedIn } from "../parts/typed.js";
import { Refusal } from "../sealed/refusal.js";
import { beijing } from "./clock.js";
import { row, slot, word } from "./rows.js";

const MOST = 4000;
const NEAR = 200; // characters: from here on what is left is said aloud
const LATE = 90_000; // ms after the end at which what was not written into the log never will be

/** @typedef {{id: string, at: string, kind: string, key: string, text: string}} Sent */

export class Objecting {
  /**
   * @param {HTMLElement} root the hall
   * @param {HTMLElement} place the part of the page that is about objecting
   * @param {import("./clock.js").Clock} clock
   * @param {{tender: string, lot: string}} about
   * @param {string} what the word that the names of the page's places begin with
   */
  constructor(root, place, clock, about, what = "object") {
    Object.assign(this, { root, place, clock, about, what });
    this.name = `${TYPED}hall ${what} ${about.tender}/${about.lot}`;
    /** @type {import("./own.js").Own[]} */
    this.bids = [];
    this.form = /** @type {HTMLFormElement} */ (place.querySelector("form"));
    this.typed = /** @type {HTMLTextAreaElement} */ (place.querySelector(`#${what}-text`));
    this.whose = /** @type {HTMLSelectElement} */ (place.querySelector(`#${what}-bid`));
    const found = JSON.parse(sessionStorage.getItem(this.name) ?? "{}");
    const kept = found.who && signedIn() && found.who !== signedIn() ? {} : found;
    // A session that has run out does not change whose it is.
    this.who = signedIn() || kept.who;
    this.typed.value = kept.text ?? "";
    /** @type {Sent[]} */
    this.sent = kept.sent ?? [];
    this.typed.addEventListener("input", () => this.changed());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.changed();
    this.clock.each(() => this.show());
  }

  /** @returns {Set<string>} this browser's own bid keys */
  get keys() {
    return new Set(this.bids.map(({ key }) => key));
  }

  /** @param {import("./own.js").Own[]} bids this browser's own, on the roll or not */
  of(bids) {
    this.bids = bids;
    this.show();
  }

  /** @returns {import("./own.js").Own[]} those that were announced */
  announced() {
    const row = (/** @type {string} */ key) => this.root.querySelector(`[data-rows=bidder] [data-bid-key="${key}"]`);
    return this.bids.filter(({ key }) => row(key) !== null);
  }

  /** @returns {"" | "opening" | "result" | "between" | "after" | "unopened"} as `_stand` in web/public/hall.py */
  stand() {
    const { from, until, resultUntil, over } = this.place.dataset;
    if (!from) return over === "failed" ? "unopened" : "";
    if (over !== "terminated") {
      if (!until || this.clock.now() < Date.parse(until)) return "opening";
      if (resultUntil && this.clock.now() < Date.parse(resultUntil)) return "result";
    }
    return over || resultUntil ? "after" : "between";
  }

  /** @param {string} stand @returns {boolean} whether a letter may be handed in */
  open(stand) {
    return stand === "opening" || stand === "result";
  }

  /** Shows the part that holds now. */
  show() {
    const stand = this.stand();
    const [open, own] = [this.open(stand), this.announced()];
    // Nobody loses a text to the end of the time: the form stays, and sending it says what is the matter.
    const form = own.length > 0 && (open || (this.typed.value !== "" && stand !== ""));
    const shown = form ? "form" : open ? this.without() : stand;
    for (const part of this.place.querySelectorAll(`[data-${this.what}]`)) {
      const name = part.getAttribute(`data-${this.what}`);
      part.toggleAttribute("hidden", name !== shown && !(form && !open && name === stand));
    }
    for (const title of this.place.querySelectorAll(`[data-${this.what}-kind]`)) {
      title.toggleAttribute("hidden", open && title.getAttribute(`data-${this.what}-kind`) !== stand);
    }
    this.choices(own);
    this.handed();
  }

  /** @returns {string} the part for who has nothing to object with */
  without() {
    if (this.bids.length === 0) return "away";
    // Bidders are read out one by one: until the last of them nobody can say that a bid is not among them.
    return this.place.dataset.until ? "none" : "";
  }

  /** @param {import("./own.js").Own[]} own a choice where one browser has several bids */
  choices(own) {
    const field = this.whose.closest(`[data-${this.what}-whose]`);
    field?.toggleAttribute("hidden", own.length < 2);
    if ([...this.whose.options].map(({ value }) => value).join() !== own.map(({ key }) => key).join()) {
      this.whose.replaceChildren(...own.map(({ key }) => new Option(this.called(key), key)));
    }
  }

  /** @param {string} key @returns {string} the bid as its row calls it */
  called(key) {
    const row = this.root.querySelector(`[data-rows=bidder] [data-bid-key="${key}"]`);
    const said = (/** @type {string} */ name) => row?.querySelector(`[data-slot=${name}]`)?.textContent?.trim() ?? "";
    return `${said("place")} ${said("parties")}`;
  }

  // --- writing ------------------------------------------------------------------------------------------------------

  changed() {
    this.keep();
    const left = MOST - [...this.typed.value].length;
    const words = left < 0 ? this.word("too_long", { over: -left }) : this.word("left", { left });
    this.tell(`[data-${this.what}-left]`, words);
    window.clearTimeout(this.aloud);
    // Said aloud when the typing pauses, and only when it matters.
    this.aloud = window.setTimeout(() => this.tell(`[data-${this.what}-aloud]`, left < NEAR ? words : ""), 1000);
  }

  keep() {
    const sent = this.sent.filter((one) => this.listed(one) === null);
    sessionStorage.setItem(this.name, JSON.stringify({ who: this.who, text: this.typed.value, sent }));
  }

  /** @param {string} words beside the field, or none */
  wrong(words) {
    const error = this.place.querySelector(`#${this.what}-error`);
    error?.toggleAttribute("hidden", words === "");
    this.tell(`[data-${this.what}-error]`, words);
    this.place.querySelector(`[data-${this.what}-field]`)?.classList.toggle("field--wrong", words !== "");
    this.typed.toggleAttribute("aria-invalid", false);
    this.typed.setAttribute("aria-describedby", `${this.what}-hint ${words === "" ? "" : `${this.what}-error `}${this.what}-left`);
    if (words !== "") {
      this.typed.setAttribute("aria-invalid", "true");
      this.typed.focus();
    }
  }

  /** @param {string} text @returns {string} what is wrong with it, or nothing */
  judged(text) {
    if (!this.open(this.stand())) return this.word("closed");
    if (text === "") return this.word("empty");
    const over = [...text].length - MOST;
    return over > 0 ? this.word("too_long", { over }) : "";
  }

  async submit() {
    const text = this.typed.value.trim();
    const bid = this.announced().find(({ key }) => key === this.whose.value);
    const problem = this.judged(text);
    this.wrong(problem);
    if (problem !== "" || bid === undefined) return;
    const button = /** @type {HTMLButtonElement} */ (this.form.querySelector("button"));
    button.disabled = true;
    this.tell(`[data-${this.what}-state]`, this.word("sending"));
    try {
      await this.send(bid, text);
      this.tell(`[data-${this.what}-state]`, "");
    } catch (error) {
      this.tell(`[data-${this.what}-state]`, "");
      this.wrong(this.refused(error));
    } finally {
      button.disabled = false;
    }
  }

  /** @param {import("./own.js").Own} bid @param {string} text */
  async send({ key, signer }, text) {
    const kind = /** @type {"opening" | "result" | "explanation"} */ (this.stand());
    const onWait = (/** @type {number} */ seconds) => this.tell(`[data-${this.what}-state]`, this.word("busy", { seconds }));
    const { id, at } = await handIn({ url: String(this.place.dataset.box), signer, ...this.about, onWait }, { kind, text });
    // The same text again has the same answer.
    this.sent = [...this.sent.filter((one) => one.id !== id), { id, at, kind, key, text }];
    // What was typed on meanwhile is another one.
    if (this.typed.value.trim() === text) this.typed.value = "";
    this.changed();
    this.show();
    const list = this.place.querySelector(`[data-${this.what}-sent]`);
    if (list instanceof HTMLElement) list.focus();
  }

  /** @param {unknown} error @returns {string} in the page's words */
  refused(error) {
    if (error instanceof Refusal) {
      const said = JSON.parse(this.root.querySelector("[data-refusals]")?.textContent ?? "{}")[error.code];
      return said === undefined ? this.word("fault", { name: error.code }) : filled(said, error.params);
    }
    console.error(error);
    return this.word("fault", { name: error instanceof Error ? error.name : "Error" });
  }

  // --- what became of it --------------------------------------------------------------------------------------------

  handed() {
    const list = this.place.querySelector(`[data-${this.what}-sent]`);
    const says = this.sent.map((one) => this.fate(one)).join("\n");
    if (!(list instanceof HTMLElement) || list.dataset.says === says) return;
    list.dataset.says = says;
    this.keep();
    list.hidden = this.sent.length === 0;
    list.replaceChildren();
    for (const one of this.sent) {
      const made = row(this.root, "sent");
      slot(made, "said", this.fate(one));
      const link = made.querySelector("[data-slot=place]");
      const listed = this.listed(one);
      link?.setAttribute("href", `#${listed?.id}`);
      link?.toggleAttribute("hidden", listed === null);
      list.append(made);
    }
  }

  /** @param {Sent} one @returns {Element | null} its place in the list */
  listed({ id }) {
    return this.root.querySelector(`[data-rows=objection] [data-objection="${CSS.escape(id)}"]`);
  }

  /** @param {Sent} one @returns {string} how it stands */
  fate(one) {
    const [found, values] = [this.listed(one), { id: one.id, time: beijing(one.at) }];
    if (found !== null) {
      const answer = found.querySelector("[data-slot=answer]");
      return this.word(answer?.hasAttribute("hidden") ? "listed" : "answered", values);
    }
    return this.word(this.missed(one) ? "missed" : "handed", values);
  }

  /** @param {Sent} one @returns {boolean} whether it is too late for it to be written into the log */
  missed({ kind }) {
    const { until, resultUntil } = this.place.dataset;
    return this.clock.now() > Date.parse(String(kind === "result" ? resultUntil : until)) + LATE;
  }

  /** @param {string} key below `hall.object.`, or what it is about @param {Record<string, string | number>} [values] @returns {string} */
  word(key, values = {}) {
    return filled(word(this.root, `hall.${this.what}.${key}`), values);
  }

  /** @param {string} selector @param {string} words */
  tell(selector, words) {
    const place = this.place.querySelector(selector);
    if (place !== null && place.textContent !== words) place.textContent = words;
  }
}

/** @param {string} pattern @param {Record<string, unknown>} values */
const filled = (pattern, values) => pattern.replace(/\{([a-z_]+)\}/g, (field, name) => String(values[name] ?? field));
