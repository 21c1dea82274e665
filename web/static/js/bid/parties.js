/** Who bids: alone, or several together with their shares. */
import { copy, element, sayError, tell, text } from "./kit.js";

export class Parties {
  /** @param {import("./draft.js").Draft} draft @param {string} uscc our own code */
  constructor(draft, uscc) {
    Object.assign(this, { draft, uscc });
    element("party-add").addEventListener("click", () => this.add());
    this.show();
  }

  add() {
    this.draft.edit((state) => {
      if (state.partners.length === 0) state.partners.push({ uscc: this.uscc, share: "" });
      state.partners.push({ uscc: "", share: "" });
    }).catch((error) => tell(element("party-error"), sayError(error)));
    this.show();
    element("party-list").lastElementChild.querySelector("input").focus();
  }

  show() {
    element("party-list").replaceChildren(...this.draft.state.partners.map((party, at) => this.row(party, at)));
  }

  row(party, at) {
    const row = copy("party-row");
    for (const [name, input] of [["uscc", row.querySelector("[data-uscc]")], ["share", row.querySelector("[data-share]")]]) {
      input.value = party[name];
      // The lead is the organisation whose room this is.
      if (at === 0 && name === "uscc") input.readOnly = true;
      input.addEventListener("input", () => {
        this.draft.edit((state) => { state.partners[at][name] = input.value.trim(); }).catch((error) => tell(element("party-error"), sayError(error)));
      });
    }
    const button = row.querySelector("[data-remove]");
    button.setAttribute("aria-label", text("remove", { name: party.uscc || String(at + 1) }));
    button.addEventListener("click", () => {
      this.draft.edit((state) => {
        state.partners.splice(at, 1);
        // One party alone is no joint bid.
        if (state.partners.length < 2) state.partners = [];
      }).catch((error) => tell(element("party-error"), sayError(error)));
      this.show();
      element("party-add").focus();
    });
    return row;
  }
}
