/** Who bids: alone, or several together with their shares. */
import { Refusal } from "../sealed/refusal.js";
import { hundredths, isAgreement, MAX_PARTIES } from "../sealed/statement.js";
import { mark } from "./fields.js";
import { copy, element, sayError, tell, text } from "./kit.js";
import { checkUscc, tidyUscc } from "./uscc.js";

const TIDY = { uscc: tidyUscc, share: (typed) => tidyShare(typed) };

/** @param {string} typed @returns {string} per cent in its one spelling, where it is a number: `60.0 %` is `60` */
export function tidyShare(typed) {
  const plain = typed.normalize("NFKC").replaceAll(/[\s%]/g, "");
  const found = /^0*([0-9]+?)(?:\.([0-9]*?)0*)?$/.exec(plain);
  return found ? found[1] + (found[2] ? `.${found[2]}` : "") : plain;
}

/**
 * What is wrong with the parties of a joint bid.
 * @param {{uscc: string, share: string}[]} partners the lead first; none for a sole bidder
 * @param {{name: string, size: number}[]} files of the identity part
 * @returns {{at: number, name: "uscc"|"share"|"", key: string, params: object}[]} `at`: which party, -1 all of them
 */
export function partyProblems(partners, files) {
  if (partners.length === 0) return [];
  const found = partners.flatMap(({ uscc, share }, at) => [
    ...wrongCode(partners, uscc, at),
    ...(isShare(share) ? [] : [{ at, name: "share", key: share === "" ? "share_empty" : "share_wrong", params: {} }]),
  ]);
  const whole = (key, params = {}) => ({ at: -1, name: "", key, params });
  if (partners.length > MAX_PARTIES) found.push(whole("too_many", { most: MAX_PARTIES }));
  const sum = partners.reduce((total, { share }) => total + (isShare(share) ? hundredths(share) : 0), 0);
  const shares = partners.every(({ share }) => isShare(share));
  if (shares && sum !== 10_000) found.push(whole("sum", { sum: tidyShare((sum / 100).toFixed(2)) }));
  if (!files.some(isAgreement)) found.push(whole("no_agreement"));
  return found;
}

function wrongCode(partners, uscc, at) {
  const name = "uscc";
  if (uscc === "") return [{ at, name, key: "uscc_empty", params: {} }];
  if (partners.findIndex((one) => one.uscc === uscc) < at) return [{ at, name, key: "twice", params: {} }];
  try {
    checkUscc(uscc);
    return [];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [{ at, name, key: error.code === "uscc.check_digit" ? "uscc_check" : "uscc_wrong", params: {} }];
  }
}

function isShare(share) {
  try {
    return hundredths(share) <= 10_000;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

export class Parties {
  /** @param {import("./draft.js").Draft} draft @param {string} uscc our own code */
  constructor(draft, uscc) {
    Object.assign(this, { draft, uscc, touched: new Set() });
    element("party-add").addEventListener("click", () => this.add());
    draft.onChange(() => this.tellAll());
    this.show();
  }

  edit(change) {
    this.draft.edit(change).catch((error) => tell(element("party-error"), sayError(error)));
  }

  add() {
    this.edit((state) => {
      if (state.partners.length === 0) state.partners.push({ uscc: this.uscc, share: "" });
      state.partners.push({ uscc: "", share: "" });
    });
    this.show();
    element("party-list").lastElementChild.querySelector("input").focus();
  }

  show() {
    element("party-list").replaceChildren(...this.draft.state.partners.map((party, at) => this.row(party, at)));
    this.tellAll();
  }

  /** Shows what another tab has changed; what is typed here and says the same stays as it is. */
  follow() {
    const fields = [...element("party-list").querySelectorAll("[data-uscc], [data-share]")];
    const shown = fields.map((field) => TIDY[field.dataset.uscc === undefined ? "share" : "uscc"](field.value));
    if (JSON.stringify(shown) !== JSON.stringify(this.draft.state.partners.flatMap(({ uscc, share }) => [uscc, share]))) this.show();
  }

  row(party, at) {
    const row = copy("party-row");
    row.querySelector("[data-role]").textContent = text(at ? "role.member" : "role.lead");
    for (const name of ["uscc", "share"]) {
      const input = row.querySelector(`[data-${name}]`);
      input.id = `party-${at}-${name}`;
      input.setAttribute("aria-describedby", `${input.id}-error`);
      input.closest(".field").querySelector("label").htmlFor = input.id;
      input.closest(".field").querySelector(".field__error").id = `${input.id}-error`;
      input.value = party[name];
      // The lead is the organisation whose room this is.
      if (at === 0 && name === "uscc") input.readOnly = true;
      else this.wire(input, at, name);
    }
    this.wireRemove(row.querySelector("[data-remove]"), party, at);
    return row;
  }

  wire(input, at, name) {
    input.addEventListener("input", () => {
      const value = TIDY[name](input.value);
      this.edit((state) => { state.partners[at][name] = value; });
    });
    input.addEventListener("change", () => {
      input.value = this.draft.state.partners[at][name];
      this.touched.add(input.id);
      this.tellAll();
    });
  }

  wireRemove(button, party, at) {
    button.setAttribute("aria-label", text("remove", { name: party.uscc || String(at + 1) }));
    // Without its lead there is no joint bid: whoever wants to bid alone takes the others out.
    button.hidden = at === 0;
    button.addEventListener("click", () => {
      this.edit((state) => {
        state.partners.splice(at, 1);
        // One party alone is no joint bid.
        if (state.partners.length < 2) state.partners = [];
      });
      this.touched.clear();
      this.show();
      element("party-add").focus();
    });
  }

  /** @returns {ReturnType<typeof partyProblems>} */
  problems() {
    return partyProblems(this.draft.state.partners, this.draft.state.files.identity);
  }

  // What is wrong stands beside its field, once somebody has been there; what is wrong with all of them below.
  tellAll() {
    const wrong = this.problems();
    for (const input of element("party-list").querySelectorAll("input")) {
      const problem = wrong.find(({ at, name }) => `party-${at}-${name}` === input.id);
      mark(input, problem && this.touched.has(input.id) ? text(`party.${problem.key}`, problem.params) : "");
    }
    // A sum is no news while somebody still types the shares.
    const seen = this.reviewed || (this.touched.size > 0 && !wrong.some(({ at }) => at >= 0));
    const whole = seen ? wrong.filter(({ at }) => at < 0) : [];
    tell(element("party-error"), whole.map(({ key, params }) => text(`party.${key}`, params)).join(" "));
  }

  /** Shows all that is wrong, and goes to the first of it. @returns {ReturnType<typeof partyProblems>} */
  review() {
    const wrong = this.problems();
    this.reviewed = true;
    for (const input of element("party-list").querySelectorAll("input")) this.touched.add(input.id);
    this.tellAll();
    const [first] = wrong;
    if (first) (element(`party-${first.at}-${first.name}`) ?? element("parties-title")).focus();
    return wrong;
  }
}
