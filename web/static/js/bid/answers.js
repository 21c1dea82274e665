/** The form: kept at every keystroke, checked by the same rules that judge after the opening, mended beside the field. */
import { clock, element, has, room, say, shownAmount, tell, text } from "./kit.js";
import { fen } from "./money.js";

const AFTER_A_CLICK = 300;

/** @param {HTMLElement} field a question's block @returns {string} what is answered */
function valueOf(field) {
  const chosen = field.querySelector("input[type=radio]");
  if (chosen) return field.querySelector("input[type=radio]:checked")?.value ?? "";
  return field.querySelector("input, select, textarea").value;
}

function put(field, value) {
  for (const option of field.querySelectorAll("input[type=radio]")) option.checked = value !== undefined && option.value === value;
  const input = field.querySelector("input:not([type=radio]), select, textarea");
  if (!input) return;
  if (input instanceof HTMLSelectElement && value && ![...input.options].some((one) => one.value === value)) {
    input.add(new Option(value, value));
  }
  input.value = value ?? "";
}

export class Answers {
  /** @param {import("./draft.js").Draft} draft @param {any} data of the lot's page */
  constructor(draft, data) {
    this.draft = draft;
    this.form = data.form;
    this.price = { ceiling: data.ceiling_fen, question: data.price_question };
    this.fields = [...element("form").querySelectorAll(".question")];
    // Nobody is told of a field that they have not come to yet.
    this.touched = new Set();
    this.summed = "";
    for (const field of this.fields) this.wire(field);
    element("form").addEventListener("submit", (event) => this.review(event));
    draft.onKept((error) => this.saved(error));
    this.show();
  }

  wire(field) {
    const { part, question } = field.dataset;
    put(field, this.draft.state.answers[part]?.[question]);
    if (this.draft.state.answers[part]?.[question] !== undefined) this.touched.add(field.id);
    const keep = () => {
      const value = valueOf(field);
      // The same again is no change: what was signed and sealed stands.
      if (value === (this.draft.state.answers[part][question] ?? "")) return;
      // Whether it is kept `saved` says, also when that is later.
      this.draft.edit((state) => {
        // An optional question is left out, never left empty.
        if (value === "") delete state.answers[part][question];
        else state.answers[part][question] = value;
      }).catch(() => {});
      this.showMoney(field, value);
      if (field.classList.contains("wrong")) this.show();
    };
    field.addEventListener("input", keep);
    field.addEventListener("focusout", () => {
      if (valueOf(field) !== "") this.touched.add(field.id);
      // Later than the click that took the focus away: what words push aside is not hit.
      setTimeout(() => this.show(), AFTER_A_CLICK);
    });
    this.showMoney(field, valueOf(field));
  }

  saved(error) {
    const full = error?.name === "QuotaExceededError";
    const not = error && text(full ? "not_saved_full" : "not_saved", { name: error.name });
    tell(element("saved"), not ?? text("saved", { time: clock(new Date().toISOString()).slice(11) }));
  }

  /** Shows what another tab has answered. */
  follow() {
    for (const field of this.fields) {
      const { part, question } = field.dataset;
      const answer = this.draft.state.answers[part][question];
      if (valueOf(field) === (answer ?? "")) continue;
      put(field, answer);
      this.touched.add(field.id);
      this.showMoney(field, valueOf(field));
    }
    this.show();
  }

  // What was typed, grouped and written out: a zero too many is seen, not counted.
  showMoney(field, value) {
    const place = field.querySelector("output.money");
    if (!place) return;
    const amount = fen(value);
    place.textContent = amount === null || amount === 0n ? "" : shownAmount(amount);
  }

  /** File questions choose among the part's files. */
  files() {
    for (const field of this.fields.filter((one) => one.dataset.kind === "file")) {
      const { part, question } = field.dataset;
      const select = field.querySelector("select");
      const names = this.draft.state.files[part].map(({ name }) => name);
      select.replaceChildren(select.options[0], ...names.map((name) => new Option(name, name)));
      put(field, this.draft.state.answers[part][question]);
    }
  }

  /** @returns {(import("./form.js").Problem & {part: string})[]} */
  problems() {
    return this.draft.problems(this.form, this.price);
  }

  /** Shows beside each field what is wrong with it. @param {boolean} [all] also of those nobody has come to */
  show(all = false) {
    const wrong = this.problems();
    for (const field of this.fields) {
      const { part, question } = field.dataset;
      const problem = wrong.find((one) => one.part === part && one.question === question);
      const shown = problem !== undefined && (all || this.touched.has(field.id));
      if (all && problem) this.touched.add(field.id);
      field.classList.toggle("wrong", shown);
      tell(field.querySelector(".error"), shown ? this.words(problem) : "");
      for (const input of field.querySelectorAll("input, select, textarea")) input.setAttribute("aria-invalid", String(shown));
    }
    if (!element("summary").hidden) this.summary(wrong);
    return wrong;
  }

  /** @param {import("./form.js").Problem} problem @returns {string} what is wrong and how to mend it */
  words({ code, params, question }) {
    const key = `mend.${code}`;
    return has(key) ? text(key, params) : say(code, { ...params, question: this.title(question) });
  }

  title(id) {
    const question = Object.values(this.form.parts).flat().find((one) => one.id === id);
    return question ? question.title[room().dataset.lang] : id;
  }

  summary(wrong) {
    const place = element("summary");
    place.hidden = wrong.length === 0;
    const rows = wrong.map((problem) => ({
      id: `f-${problem.part}-${problem.question}`,
      words: `${this.title(problem.question)}${text("colon")}${this.words(problem)}`,
    }));
    // What stands there already stays: a link that is made anew between pressing and letting go is never clicked.
    const shown = JSON.stringify(rows);
    if (shown === this.summed) return;
    this.summed = shown;
    place.querySelector("ul").replaceChildren(...rows.map(({ id, words }) => {
      const [item, link] = [document.createElement("li"), document.createElement("a")];
      link.href = `#${id}`;
      link.textContent = words;
      link.addEventListener("click", (event) => {
        event.preventDefault();
        const field = element(id);
        field?.focus();
        field?.scrollIntoView({ block: "center" });
      });
      item.append(link);
      return item;
    }));
  }

  review(event) {
    event.preventDefault();
    const wrong = this.show(true);
    this.summary(wrong);
    if (wrong.length) element("summary").focus();
    else element("files-title").focus();
  }
}
