// What every page has: each part makes of plain markup something that does more. Without this script all is readable.
import { busy } from "./parts/busy.js";
import { copies } from "./parts/copy.js";
import { countdowns } from "./parts/countdown.js";
import { dialogs } from "./parts/dialog.js";
import { forgetsTyped } from "./parts/typed.js";

busy(document);
copies(document);
countdowns(document);
dialogs(document);
forgetsTyped(document);
// The same place in the other language.
document.addEventListener("click", ({ target }) => {
  const link = target instanceof Element ? target.closest("a[hreflang]") : null;
  if (link instanceof HTMLAnchorElement && link.hash === "") link.hash = location.hash;
});
// A summary of errors is what a person should meet first, by eye and by ear.
document.querySelector("[data-focus]")?.focus();
