/** At how many seconds before the end a screen reader is told what is left, each once. */
const TOLD = [86_400, 3_600, 600, 300, 60];

/** @type {WeakMap<HTMLElement, number>} the timer of a box that is counting */
const running = new WeakMap();

/**
 * Counts `data-countdown` down on the server's clock: `data-now` is what it showed when the page was made, and what has
 * gone by since is measured on the page's own steady clock. The reader's clock, which may be wrong, is asked nothing.
 * @param {ParentNode} root
 */
export function countdowns(root) {
  const made = performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;
  for (const box of root.querySelectorAll("[data-countdown]")) countdown(box, made);
}

/**
 * Counts one down, or anew after `data-countdown` and `data-now` were changed.
 * @param {HTMLElement} box
 * @param {number} made when `data-now` came, ms on the page's clock
 * @param {(left: number) => void} [counted] called each second with those that are left, 0 at the end and then no more
 */
export function countdown(box, made, counted = () => {}) {
  const length = Date.parse(box.dataset.countdown) - Date.parse(box.dataset.now);
  const shown = box.querySelector("[role=timer]");
  const told = box.querySelector("[role=status]");
  let last = 0; // nothing has gone by yet, so nothing is told at once
  const step = () => {
    const left = Math.max(0, Math.ceil((length - (performance.now() - made)) / 1000));
    const words = say(box, left);
    shown.textContent = words;
    if (left === 0 || TOLD.some((mark) => last > mark && left <= mark)) told.textContent = words;
    last = left;
    if (left === 0) window.clearInterval(running.get(box));
    counted(left);
  };
  shown.hidden = false;
  window.clearInterval(running.get(box));
  running.set(box, window.setInterval(step, 1000));
  step();
}

/**
 * @param {HTMLElement} box
 * @param {number} left seconds
 * @returns {string}
 */
function say(box, left) {
  if (left === 0) return box.dataset.passed;
  const parts = {
    days: Math.floor(left / 86_400),
    hours: Math.floor(left / 3_600) % 24,
    minutes: Math.floor(left / 60) % 60,
    seconds: left % 60,
  };
  const words = parts.days ? box.dataset.days : left >= 3_600 ? box.dataset.hours : box.dataset.minutes;
  return words.replace(/\{(\w+)\}/g, (_, name) => String(parts[name]));
}
