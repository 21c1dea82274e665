/** The server's time, and how long it is until the deadline. Times are shown as Beijing's, like everywhere. */

import { fill, word } from "./rows.js";

const BEIJING = 8 * 3600 * 1000;
const STALE = 30_000;
const SAY = new Set([60, 30, 10, 5, 1]); // minutes before the deadline at which it is said aloud

export class Clock {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.offset = 0;
    this.deadline = Date.parse(String(root.dataset.deadline));
    this.said = -1;
    /** @type {(() => void)[]} */
    this.told = [];
    this.set(String(root.dataset.now));
    window.setInterval(() => this.tick(), 1000);
  }

  /** Tells of the time each second, and at once when the server says another. @param {() => void} how */
  each(how) {
    this.told.push(how);
  }

  tick() {
    this.show();
    this.told.forEach((how) => how());
  }

  /** @param {string} now the server's time */
  set(now) {
    this.offset = Date.parse(now) - Date.now();
    this.tick();
  }

  /** @param {string} deadline the one in force */
  until(deadline) {
    this.deadline = Date.parse(deadline);
    const shown = this.root.querySelector("[data-fill=deadline]");
    if (shown !== null) {
      shown.textContent = beijing(deadline);
      shown.setAttribute("datetime", deadline);
    }
    this.show();
  }

  /** @returns {number} ms since 1970, by the server's clock */
  now() {
    return Date.now() + this.offset;
  }

  show() {
    const now = new Date(this.now()).toISOString();
    fill(this.root, "clock", beijing(now));
    const left = Math.max(0, Math.ceil((this.deadline - this.now()) / 1000));
    const box = this.root.querySelector("[data-hall-left]");
    if (box instanceof HTMLElement) {
      box.hidden = left === 0 || this.root.dataset.at !== "waiting";
    }
    fill(this.root, "left", this.text(left));
    const minutes = Math.ceil(left / 60);
    if (left > 0 && left % 60 === 0 && SAY.has(minutes) && this.said !== minutes) {
      this.said = minutes;
      const aloud = this.root.querySelector("[data-said]");
      if (aloud !== null) {
        const told = word(this.root, "hall.left.say").replace("{minutes}", String(minutes));
        aloud.textContent = told;
        // What was said of the time is soon untrue.
        window.setTimeout(() => aloud.textContent === told && aloud.replaceChildren(), STALE);
      }
    }
  }

  /** @param {number} seconds */
  text(seconds) {
    const [days, rest] = [Math.floor(seconds / 86400), seconds % 86400];
    const time = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60]
      .map((one) => String(one).padStart(2, "0"))
      .join(":");
    return days > 0 ? word(this.root, "hall.left.days").replace("{days}", String(days)).replace("{time}", time) : time;
  }
}

/**
 * @param {string} at a time as the platform writes it, UTC
 * @returns {string} `2026-12-01 09:00:00`
 */
export function beijing(at) {
  return at === "" ? "" : new Date(Date.parse(at) + BEIJING).toISOString().slice(0, 19).replace("T", " ");
}
