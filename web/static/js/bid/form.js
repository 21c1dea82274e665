/**
 * The checks of answers (docs/formats/form.md): the browser's own, with the codes of `bidding/form.py`.
 *
 * Both are held to tests/vectors/form.json. What is let through here and refused after the opening voids a bid.
 */
import { fen, yuan } from "./money.js";

const INTEGER = /^(?:0|-?[1-9][0-9]{0,14})$/;
const DECIMAL = /^-?(?:0|[1-9][0-9]{0,14})(?:\.([0-9]{1,10}))?$/;
const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
// The `u` flag: a pair of surrogates is one character, a lone one is none.
// eslint-disable-next-line no-control-regex -- controls are what must not stand there
const HIDDEN = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/u;
const EDGE = /^[ \n\u00a0\u3000]|[ \n\u00a0\u3000]$/;
const DEFAULT_TEXT_LENGTH = 2000;
const DEFAULT_MIN = { integer: "0", decimal: "0", money: "0.01" };
const MOST_UNKNOWN = 20;
// Decimals have ten places at most: all of them are whole numbers of this.
const SCALE = 10;

/**
 * @typedef {{question: string, code: string, params: Record<string, string|number>}} Problem
 * @typedef {Record<string, any>} Question as the form has it
 */

/**
 * Everything that is wrong with the answers to a part, in the form's order; [] if nothing is.
 * @param {{id: string, parts: Record<string, Question[]>}} form
 * @param {string} part
 * @param {Record<string, unknown>} answers
 * @param {string[]} [files] the names in the part's header
 * @returns {Problem[]}
 */
export function checkAnswers(form, part, answers, files) {
  const questions = form.parts[part] ?? [];
  const found = questions.flatMap((question) => {
    if (!Object.hasOwn(answers, question.id)) return question.required ? [problem("missing", question)] : [];
    return checkAnswer(question, answers[question.id], files);
  });
  const asked = new Set(questions.map((question) => question.id));
  const unasked = Object.keys(answers).filter((name) => !asked.has(name)).map(shown).sort().slice(0, MOST_UNKNOWN);
  return [...found, ...unasked.map((id) => problem("unknown_question", { id }, { form: form.id }))];
}

/** @param {Question} question @param {unknown} answer @param {string[]} [files] @returns {Problem[]} one at most */
export function checkAnswer(question, answer, files) {
  if (typeof answer !== "string") return [problem("not_text", question)];
  if (answer === "") return [problem("empty", question)];
  return CHECKS[question.kind](question, answer, files);
}

const problem = (code, { id }, params = {}) => ({ question: id, code: `form.${code}`, params: { question: id, ...params } });

const CHECKS = {
  text: (question, answer) => checkText(question, answer),
  integer: (question, answer) => (INTEGER.test(answer) ? checkRange(question, answer) : [problem("not_integer", question)]),
  decimal: (question, answer) => {
    const found = DECIMAL.exec(answer);
    // Minus zero would give the same number a second spelling.
    const right = found && (found[1] ?? "").length <= question.places && !/^-[0.]*$/.test(answer);
    return right ? checkRange(question, answer) : [problem("not_decimal", question, { places: question.places })];
  },
  money: (question, answer) => (fen(answer) === null ? [problem("not_money", question)] : checkRange(question, answer)),
  choice: (question, answer) => checkChoice(question, answer, question.choices.map(({ value }) => value)),
  boolean: (question, answer) => checkChoice(question, answer, ["yes", "no"]),
  date: (question, answer) => (isDay(answer) ? checkRange(question, answer) : [problem("not_date", question)]),
  file: (question, answer, files) => {
    const wrong = checkText(question, answer);
    if (wrong.length || files === undefined || files.includes(answer)) return wrong;
    return [problem("file_missing", question, { name: shown(answer) })];
  },
};

function checkText(question, answer) {
  const limit = question.max_length ?? DEFAULT_TEXT_LENGTH;
  const found = [...answer].length;
  if (found > limit) return [problem("too_long", question, { limit, found })];
  if (HIDDEN.test(answer)) return [problem("hidden_character", question)];
  return EDGE.test(answer) ? [problem("blank_edge", question)] : [];
}

function checkChoice(question, answer, values) {
  return values.includes(answer) ? [] : [problem("not_a_choice", question, { choices: values.join("|") })];
}

function isDay(answer) {
  if (!DATE.test(answer) || answer.startsWith("0000")) return false;
  const made = new Date(`${answer}T00:00:00Z`);
  return !Number.isNaN(made.getTime()) && made.toISOString().slice(0, 10) === answer;
}

const VALUES = {
  integer: (spelled) => BigInt(spelled),
  decimal: (spelled) => scaled(spelled),
  money: (spelled) => fen(spelled),
  date: (spelled) => spelled,
};

function scaled(spelled) {
  const [whole, decimals = ""] = spelled.replace("-", "").split(".");
  const value = BigInt(whole + decimals.padEnd(SCALE, "0"));
  return spelled.startsWith("-") ? -value : value;
}

function checkRange(question, answer) {
  const value = VALUES[question.kind](answer);
  const low = question.min ?? DEFAULT_MIN[question.kind];
  if (low !== undefined && value < VALUES[question.kind](low)) return [problem("too_small", question, { limit: limit(question, low) })];
  const high = question.max;
  return high !== undefined && value > VALUES[question.kind](high) ? [problem("too_big", question, { limit: limit(question, high) })] : [];
}

// A bound in its one spelling: amounts with two decimals, decimals with all their places or none.
function limit(question, spelled) {
  if (question.kind === "money") return yuan(fen(spelled));
  if (question.kind !== "decimal") return spelled;
  const [whole, decimals = ""] = spelled.split(".");
  if (/^0*$/.test(decimals)) return whole === "-0" ? "0" : whole;
  return `${whole}.${decimals.padEnd(question.places, "0")}`;
}

// A stranger's name as Python's `ascii` writes it, 64 characters at most.
function shown(name) {
  const escapes = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  const quoted = name.includes("'") && name.includes('"');
  const spelled = [...name].map((letter) => {
    const code = letter.codePointAt(0);
    if (letter in escapes) return escapes[letter];
    if (letter === "'" && quoted) return "\\'";
    if (code >= 0x20 && code < 0x7f) return letter;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  });
  return spelled.join("").slice(0, 64);
}
