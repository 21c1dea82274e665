/** Gives each message its place on the page: what the server does with them when the page is loaded, done further. */

import { beijing } from "./clock.js";
import { low } from "./low.js";
import { append, fill, money, note, row, show, slot, word } from "./rows.js";

const RESULT = new Set(["evaluated", "candidates", "awarded", "followed", "contracted", "retendered", "failed"]);
// What is told in a table needs no sentence of its own in the middle of a list; its end says how it went.
const QUIET = new Set(["contribution", "release"]);

export class Board {
  /**
   * @param {HTMLElement} root
   * @param {import("./clock.js").Clock} clock
   * @param {import("./sound.js").Sound} sound
   */
  constructor(root, clock, sound) {
    [this.root, this.clock, this.sound] = [root, clock, sound];
    this.lang = root.dataset.lang === "en" ? "en" : "zh";
    this.steps = [...root.querySelectorAll("[data-step]")];
    this.phase = String(root.dataset.phase);
    const now = this.steps.find((one) => one.hasAttribute("aria-current"));
    root.dataset.at = now?.getAttribute("data-step") ?? "";
    this.until = root.querySelector("[data-window]")?.getAttribute("data-until") ?? "";
    this.clock.each(() => this.window());
    /** @type {Record<string, (message: any) => void>} */
    this.places = {
      addendum: (one) => this.clock.until(one.deadline),
      halted: (one) => one.deadline && this.clock.until(one.deadline),
      candidates: (one) => note(this.root, "bidder", { resultUntil: one.until }),
      closed: (one) => this.closed(one),
      failed: () => this.link("result"),
      awarded: (one) => this.link("why", one.bid_key),
      release: (one) => this.released(one),
      coefficients: (one) => this.drawn(one),
      bidder: (one) => this.bid("bidder", "bidders", one),
      announced: (one) => this.announced(one),
      offer: (one) => this.bid("offer", "offers", one),
      sheet: (one) => this.sheet(one),
      objection: (one) => this.objected(one),
      answer: (one) => this.answered(one),
      ...Object.fromEntries(["asked", "explained", "found"].map((kind) => [kind, (/** @type {any} */ one) => low(root, one, this.lang)])),
      blocked: (one) => fill(root, "blocked", one.say[this.lang]),
    };
  }

  /** @param {any} message the next one, in order */
  tell(message) {
    this.line("line", message);
    if (RESULT.has(message.kind)) {
      this.line("result", message);
      show(this.root, "result");
    }
    this.places[message.kind]?.(message);
    this.step(message);
    const aloud = this.root.querySelector("[data-said]");
    if (aloud !== null && !QUIET.has(message.kind)) {
      aloud.textContent = message.say[this.lang];
    }
    this.root.dataset.last = String(message.n);
  }

  /** @param {any} state how things stand */
  stand(state) {
    this.clock.until(state.deadline);
    this.phase = state.phase;
    this.root.dataset.phase = state.phase;
    fill(this.root, "word", state.word[this.lang]);
    fill(this.root, "says", state.says[this.lang]);
    this.root.querySelector("[data-fill=word]")?.setAttribute("class", `phase ${state.phase}`);
    show(this.root, "blocked", state.phase === "opening_blocked");
    show(this.root, "silent", state.silent.length > 0);
    fill(this.root, "silent", state.silent.map((/** @type {string} */ one) => this.custodian(one)).join(this.word("comma")));
    if (state.phase === "closing" && this.root.dataset.at === "waiting") {
      this.mark("roll", "current");
    }
  }

  // --- one kind after the other -------------------------------------------------------------------------------------

  /**
   * @param {string} name
   * @param {any} message
   */
  line(name, message) {
    const made = row(this.root, name);
    made.setAttribute("data-n", String(message.n));
    slot(made, "at", beijing(message.at));
    made.querySelector("[data-slot=at]")?.setAttribute("datetime", message.at);
    slot(made, "say", message.say[this.lang]);
    append(this.root, name, made);
  }

  /** @param {any} message */
  closed(message) {
    fill(this.root, "bids", String(message.bids));
    this.link("verify");
  }

  /**
   * Shows a link to a page that there is now something on.
   * @param {string} name
   * @param {string} [bid] the bid that it is about
   */
  link(name, bid = "") {
    const found = this.root.querySelector(`[data-link=${name}]`);
    if (found instanceof HTMLAnchorElement) {
      found.hidden = false;
      if (bid !== "") {
        found.setAttribute("href", String(found.getAttribute("href")).replace(/[^/?]*(?=\?|$)/, bid));
      }
    }
  }

  /** @param {any} message */
  released(message) {
    const cell = this.root.querySelector(`[data-release="${CSS.escape(`${message.custodian}/${message.part}`)}"]`);
    if (cell !== null) {
      cell.textContent = this.word("hall.answered").replace("{time}", beijing(message.at));
    }
  }

  /** @param {any} message */
  drawn(message) {
    for (const one of message.given) {
      const made = row(this.root, "given");
      slot(made, "party", one.party);
      slot(made, "verdict", this.word(`hall.given.${one.verdict}`));
      slot(made, "value", one.value);
      append(this.root, "given", made);
    }
    for (const one of message.drawn) {
      const made = row(this.root, "drawn");
      slot(made, "name", one.name);
      slot(made, "values", one.values.join(this.lang === "zh" ? "，" : ", "));
      slot(made, "value", one.value);
      append(this.root, "drawn", made);
    }
    fill(this.root, "alpha", message.alpha);
    show(this.root, "coefficients");
  }

  /**
   * @param {string} name
   * @param {string} section
   * @param {any} message a bidder or an offer
   */
  bid(name, section, message) {
    const made = row(this.root, name);
    made.setAttribute("data-bid-key", message.bid_key);
    made.setAttribute("data-state", message.state);
    slot(made, "place", String(message.place));
    this.parties(made, message);
    slot(made, "state", this.word(`state.${message.state}`));
    slot(made, "why", message.reason === null ? "" : message.reason.words[this.lang]);
    if (name === "offer") {
      slot(made, "price", money(message.price, message.price_fen) || "—");
      for (const one of message.checks) {
        const check = made.querySelector(`[data-check="${one.check}"]`);
        check?.setAttribute("data-verdict", one.verdict);
        slot(check ?? made, "verdict", this.word(`hall.verdict.${one.verdict}`));
      }
    }
    append(this.root, name, made);
    show(this.root, section);
  }

  /**
   * @param {Element} made
   * @param {any} message
   */
  parties(made, message) {
    const place = made.querySelector("[data-slot=parties]");
    for (const one of message.parties) {
      const [party, name] = [row(this.root, "party"), one.name[this.lang]];
      slot(party, "name", (name || one.uscc) + (one.share === "100" ? "" : ` · ${one.share}%`));
      slot(party, "uscc", name ? one.uscc : "");
      place?.append(party);
    }
    if (message.parties.length === 0) {
      const party = row(this.root, "party");
      slot(party, "name", this.word("bidder.unknown"));
      slot(party, "uscc", `${message.bid_key.slice(0, 16)}…`);
      place?.append(party);
    }
  }

  /** @param {any} message */
  announced(message) {
    fill(this.root, "announced", message.say[this.lang]);
    note(this.root, "bidder", { from: message.at });
    show(this.root, "objections");
    if (message.failed) {
      this.opened(message.until);
    }
  }

  /** @param {any} message */
  sheet(message) {
    fill(this.root, "sheet", message.say[this.lang]);
    this.link("result");
    this.opened(message.until);
  }

  /** @param {string} until when the window for objections on the spot ends */
  opened(until) {
    this.until = until;
    note(this.root, "bidder", { until });
    show(this.root, "objections");
    this.window();
  }

  window() {
    if (this.until !== "") {
      const key = this.clock.now() < Date.parse(this.until) ? "hall.window.open" : "hall.window.over";
      fill(this.root, "window", this.word(key).replace("{time}", beijing(this.until)));
    }
  }

  /** @param {any} message */
  objected(message) {
    const made = row(this.root, "objection");
    made.setAttribute("data-objection", message.objection);
    made.id = `objection-${message.objection}`;
    made.setAttribute("data-bid-key", message.bid_key);
    slot(made, "at", beijing(message.at));
    slot(made, "about", this.word(`hall.about.${message.about}`));
    slot(made, "bid", message.bid_key.slice(0, 16));
    slot(made, "text", message.text);
    append(this.root, "objection", made);
    show(this.root, "objections");
  }

  /** @param {any} message */
  answered(message) {
    const made = this.root.querySelector(`[data-objection="${CSS.escape(message.objection)}"]`);
    if (made === null) {
      return;
    }
    slot(made, "upheld", this.word(message.upheld ? "hall.upheld" : "hall.dismissed"));
    slot(made, "answered", message.text);
    made.querySelector("[data-slot=waiting]")?.setAttribute("hidden", "");
    made.querySelector("[data-slot=answer]")?.removeAttribute("hidden");
  }

  // --- the list of steps --------------------------------------------------------------------------------------------

  /** @param {any} message */
  step(message) {
    const how = message.over !== "" ? "stopped" : message.kind === "awarded" ? "done" : "current";
    if (message.step !== this.root.dataset.at || how !== "current") {
      this.mark(message.step, how);
      this.sound.ring();
    }
    if (message.over !== "") {
      this.root.dataset.over = message.over;
      note(this.root, "bidder", { over: message.over });
      note(this.root, "explain", { over: message.over });
      if (message.over === "failed") {
        // Where nothing opened the section says so, and what is possible all the same.
        show(this.root, "objections");
      }
    }
  }

  /**
   * @param {string} name
   * @param {string} how
   */
  mark(name, how) {
    this.root.dataset.at = name;
    const here = this.steps.findIndex((one) => one.getAttribute("data-step") === name);
    this.steps.forEach((one, place) => {
      const now = place < here ? "done" : place === here ? how : "ahead";
      one.setAttribute("data-how", now);
      slot(one, "how", this.word(`hall.how.${now}`));
      one.toggleAttribute("aria-current", false);
      if (now === "current" || now === "stopped") {
        one.setAttribute("aria-current", "step");
      }
    });
    this.clock.show();
  }

  /** @param {string} id */
  custodian(id) {
    return this.root.querySelector(`[data-custodian="${CSS.escape(id)}"]`)?.textContent ?? id;
  }

  /** @param {string} key */
  word(key) {
    return word(this.root, key);
  }
}
