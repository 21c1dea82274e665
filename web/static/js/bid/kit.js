/** What the room's scripts share: the page's words, elements, times and sizes. No word stands in a script. */
import { beijing } from "../parts/time.js";
import { Refusal } from "../sealed/refusal.js";
import { grouped, written } from "./money.js";

const FIELD = /\{([a-z][a-z0-9_]*)\}/g;
const MIB = 1 << 20;

let book = { texts: {}, words: {} };

/** @param {string} id @returns {any} the element */
export const element = (id) => document.getElementById(id);

/** @returns {HTMLElement} what holds the page's settings */
export const room = () => element("room");

/** @param {string} id of a data block @returns {any} its value */
export const block = (id) => JSON.parse(element(id).textContent);

/** Reads the page's words; once, before anything is said. */
export async function loadWords() {
  const answer = await fetch(room().dataset.words);
  if (!answer.ok || answer.redirected) throw new Refusal("http.unreachable", { address: location.origin });
  book = await answer.json();
}

const filled = (template, values) => template.replace(FIELD, (field, name) => String(values[name] ?? field));

/** @param {string} key below `bid.` @param {Record<string, any>} [values] @returns {string} */
export const text = (key, values = {}) => filled(book.texts[`bid.${key}`] ?? key, values);

/** @param {string} key @returns {boolean} whether there is a text of this key */
export const has = (key) => Object.hasOwn(book.texts, `bid.${key}`);

const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/**
 * A refusal in words: what it means here in a browser, where that differs, else as the whole product says it.
 * @param {string} code
 * @param {Record<string, any>} given
 * @returns {string}
 */
export function say(code, given) {
  const params = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, INSTANT.test(value) ? clock(value) : value]));
  if (has(`code.${code}`)) return text(`code.${code}`, params);
  const template = book.words[code];
  return template === undefined ? text("code", { code }) : filled(template, params);
}

/** @param {unknown} error whatever was thrown @returns {string} what to tell and what to do */
export function sayError(error) {
  if (error instanceof Refusal) return say(error.code, error.params);
  const name = error instanceof Error || error instanceof DOMException ? error.name : "Error";
  if (name === "AbortError") return text("stopped");
  if (name === "QuotaExceededError") return text("disk_full");
  console.error(error);
  return text("fault", { name });
}

/** @param {HTMLElement} place @param {string} words shown there, or taken away if empty */
export function tell(place, words) {
  place.textContent = words;
  place.hidden = words === "";
}

/** Says something at the top of the page, whatever part of it one looks at. @param {string} words */
export function alarm(words) {
  const line = document.createElement("p");
  line.className = "alert";
  line.textContent = words;
  const seen = [...element("alerts").children].some((one) => one.textContent === words);
  if (!seen) element("alerts").append(line);
}

/** @param {string} at a time @returns {string} Beijing time, as the server writes it */
export const clock = beijing;

/** @param {number} count of bytes @returns {string} */
export function bytes(count) {
  if (count < 1024) return text("bytes", { count });
  return count < MIB ? `${(count / 1024).toFixed(1)} KiB` : `${(count / MIB).toFixed(1)} MiB`;
}

/** @param {bigint} amount fen @returns {string} grouped, and written out where the page's language does that */
export const shownAmount = (amount) => text("money", { grouped: grouped(amount), written: written(amount, text("numerals")) });

/** @param {string} id of a template @returns {HTMLElement} a copy of its one element */
export const copy = (id) => element(id).content.firstElementChild.cloneNode(true);

/** @param {Promise<unknown>} promise whose failure is told and stops nothing else @param {HTMLElement} [place] @returns {Promise<unknown>} never fails */
export function told(promise, place) {
  return promise.catch((error) => (place ? tell(place, sayError(error)) : alarm(sayError(error))));
}
