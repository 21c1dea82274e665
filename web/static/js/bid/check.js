/** The bid as it will be opened, for reading it once more before it is signed. */
import { bytes, element, room, shownAmount, text } from "./kit.js";
import { fen } from "./money.js";
import { PARTS } from "./known.js";

function shown(question, answer) {
  const { lang } = room().dataset;
  if (answer === undefined) return text("no_answer");
  if (question.kind === "money" && fen(answer) !== null) {
    return shownAmount(fen(answer));
  }
  if (question.kind === "boolean") return text(`answer.${answer}`);
  if (question.kind === "choice") return question.choices.find(({ value }) => value === answer)?.title[lang] ?? answer;
  return answer;
}

function line(name, value) {
  const row = document.createElement("div");
  const [term, said] = [document.createElement("dt"), document.createElement("dd")];
  term.textContent = name;
  said.textContent = value;
  row.append(term, said);
  return row;
}

/** @param {import("./draft.js").Draft} draft @param {any} data of the lot's page @param {{uscc: string, name: string}} own */
export function show(draft, data, own) {
  const { answers, files } = draft.state;
  const lines = PARTS.flatMap((part) => (data.form.parts[part] ?? []).map((question) => line(question.title[room().dataset.lang], shown(question, answers[part][question.id]))));
  const listed = PARTS.flatMap((part) => files[part].map(({ name, size }) => `${name} (${bytes(size)})`));
  const parties = draft.parties(own.uscc).map(({ uscc, share }) => `${uscc === own.uscc ? own.name : uscc} · ${share}%`);
  const rows = [...lines, line(text("files"), listed.join("; ") || text("none")), line(text("parties"), parties.join("; "))];
  element("checked").replaceChildren(...rows);
  element("check-yes").checked = draft.standing.checked;
}
