/** What is owed next, by when and by which article: only staff's pages have a place for it. */

import { beijing } from "./clock.js";
import { row, slot, word } from "./rows.js";

/**
 * @param {Element} root
 * @param {{owed: {say: Record<string, string>, limit: string, article: string, lamp: string}[]}} staff as the line says it
 */
export function owe(root, staff) {
  const list = root.querySelector("[data-rows=owed]");
  if (list === null) {
    return;
  }
  list.replaceChildren();
  for (const one of staff.owed) {
    const made = row(root, "owed");
    made.setAttribute("data-lamp", one.lamp);
    slot(made, "say", one.say[root.getAttribute("data-lang") === "en" ? "en" : "zh"]);
    slot(made, "lamp", word(root, `lamp ${one.lamp}`));
    slot(made, "limit", beijing(one.limit));
    made.querySelector("[data-slot=limit]")?.setAttribute("datetime", one.limit);
    slot(made, "article", word(root, `article ${one.article}`) || one.article);
    list.append(made);
  }
  list.parentElement?.querySelector("[data-none]")?.toggleAttribute("hidden", staff.owed.length > 0);
}
