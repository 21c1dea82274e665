/** Low prices: who is asked to explain one, what is said of it, and what was found. */
import { beijing } from "./clock.js";
import { append, note, row, show, slot } from "./rows.js";

/**
 * @param {HTMLElement} root the hall
 * @param {any} message
 * @param {"zh"|"en"} lang
 */
export function low(root, message, lang) {
  const made = row(root, "low");
  made.id = `low-${message.n}`;
  made.setAttribute("data-low", message.kind);
  made.setAttribute("data-bid-key", message.bid_key);
  slot(made, "at", beijing(message.at));
  made.querySelector("[data-slot=at]")?.setAttribute("datetime", message.at);
  slot(made, "say", message.say[lang]);
  slot(made, "text", message.text ?? message.finding ?? "");
  append(root, "low", made);
  if (message.kind === "asked") note(root, "explain", { until: message.until });
  show(root, "low");
}
