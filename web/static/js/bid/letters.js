/** The form for letters in a lot's room. What was typed stays until the box has it. */
import * as tickets from "../sealed/tickets.js";
import { clock, element, room, sayError, tell, text } from "./kit.js";
import { handIn } from "./object.js";

/** @param {import("./lot.js").Lot} lot */
export function wire(lot) {
  const [form, kind, typed] = [element("letter"), element("letter-kind"), element("letter-text")];
  typed.value = lot.draft.state.letter;
  typed.addEventListener("input", () => {
    lot.draft.note((state) => { state.letter = typed.value; }).catch((error) => tell(element("letter-error"), sayError(error)));
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    tell(element("letter-error"), "");
    const words = typed.value.trim();
    if (words === "") {
      tell(element("letter-error"), text("letter_empty"));
      typed.focus();
      return;
    }
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const ticket = kind.value === "opening" || kind.value === "result" ? undefined : await lot.ticket();
      const signer = await tickets.bidKey(lot.who.secret, lot.tender, lot.lot);
      const from = { url: room().dataset.box, signer, tender: lot.tender, lot: lot.lot, ticket };
      const { id, at } = await handIn(from, { kind: kind.value, text: words });
      // What was typed on meanwhile, here or in another tab, is another one.
      if (typed.value.trim() === words) typed.value = "";
      await lot.draft.note((state) => { if (state.letter.trim() === words) state.letter = ""; });
      tell(element("letter-state"), text("letter_in", { id, at: clock(at) }));
    } catch (error) {
      tell(element("letter-error"), sayError(error));
    } finally {
      button.disabled = false;
    }
  });
}
