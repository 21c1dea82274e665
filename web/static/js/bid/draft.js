/**
 * A bid while it is being written: what was typed, right or wrong; its files, versions and receipts. In this browser only.
 *
 * Every change is kept at once. What is wrong stays, too: only sealing refuses it.
 */
import { hex, random } from "../sealed/bytes.js";
import { checkAnswers } from "./form.js";
import { get, put } from "./keep.js";
import { fen, yuan } from "./money.js";
import { PARTS } from "./known.js";

/**
 * @typedef {{id: string, name: string, size: number, sha256: string}} KeptFile `id`: its name in the browser's file system
 * @typedef {object} State
 * @property {Record<string, Record<string, string>>} answers by part and question
 * @property {Record<string, KeptFile[]>} files by part
 * @property {{uscc: string, share: string}[]} partners all parties of a joint bid, the lead first; empty for a sole bidder
 * @property {string} rehearsed when a rehearsal worked, or ""
 * @property {boolean} checked whether all was read and found right since the last change
 * @property {{seq: number, headers: object, statement: object, entries: Record<string, object>}|null} work what is signed
 * @property {{seq: number, submission: object, sha256: string, contents: object[], addenda: number, current: boolean}|null} sealed
 * @property {{kind: string, seq: number, sha256: string, receipt: object}[]} receipts
 * @property {string} letter an enquiry or objection that is being written
 */

/** @returns {State} */
const empty = () => ({
  answers: { identity: {}, offer: {} },
  files: { identity: [], offer: [] },
  partners: [],
  rehearsed: "",
  checked: false,
  work: null,
  sealed: null,
  receipts: [],
  letter: "",
});

export class Draft {
  /** @param {string[]} key party, tender, lot @param {State} state */
  constructor(key, state) {
    this.key = key;
    this.state = state;
    this.saving = Promise.resolve();
    this.pending = 0;
    this.listeners = [];
  }

  /** @param {string} party @param {string} tender @param {string} lot @returns {Promise<Draft>} */
  static async open(party, tender, lot) {
    const key = [party, tender, lot];
    return new Draft(key, { ...empty(), ...((await get("drafts", key)) ?? {}) });
  }

  /** @param {() => void} listener called after each change */
  onChange(listener) {
    this.listeners.push(listener);
  }

  /** Changes what is bid: what was checked, signed or sealed before is another version. @param {(state: State) => void} change */
  async edit(change) {
    return this.note((state) => {
      change(state);
      state.checked = false;
      state.work = null;
      if (state.sealed) state.sealed.current = false;
    });
  }

  /** Notes how far the bid is. @param {(state: State) => void} change @returns {Promise<void>} kept */
  async note(change) {
    change(this.state);
    this.pending += 1;
    const kept = structuredClone(this.state);
    // One after the other, so that the last change is the one that stays.
    this.saving = this.saving.catch(() => {}).then(() => put("drafts", this.key, kept)).finally(() => { this.pending -= 1; });
    this.listeners.forEach((listener) => listener());
    return this.saving;
  }

  /** @returns {boolean} whether nothing was written yet */
  get untouched() {
    const { answers, files, sealed, receipts } = this.state;
    return PARTS.every((part) => !Object.keys(answers[part]).length && !files[part].length) && !sealed && !receipts.length;
  }

  /**
   * @param {any} form the lot's
   * @param {{ceiling: number, question: string}} price the ceiling in fen (0: none) of the question that asks the price
   * @returns {(import("./form.js").Problem & {part: string})[]} all that is wrong, in the form's order
   */
  problems(form, price) {
    return PARTS.filter((part) => Object.hasOwn(form.parts, part)).flatMap((part) => {
      const names = this.state.files[part].map(({ name }) => name);
      const found = checkAnswers(form, part, this.state.answers[part], names);
      return [...found, ...this.overCeiling(form, part, price, found)].map((one) => ({ ...one, part }));
    });
  }

  // The form may allow more than the ceiling; the rules reject what is above it, so it is told now.
  overCeiling(form, part, { ceiling, question }, found) {
    const amount = fen(this.state.answers[part][question] ?? "");
    const asked = (form.parts[part] ?? []).some((one) => one.id === question);
    if (!asked || !ceiling || amount === null || amount <= BigInt(ceiling) || found.some((one) => one.question === question)) return [];
    return [{ question, code: "form.too_big", params: { question, limit: yuan(BigInt(ceiling)) } }];
  }

  /** @returns {{uscc: string, share: string}[]} the parties as the statement names them @param {string} uscc our own */
  parties(uscc) {
    return this.state.partners.length ? this.state.partners : [{ uscc, share: "100" }];
  }

  /** @param {string} part @returns {object} a part's header, with a fresh salt, without what the identity part adds */
  header(part) {
    const files = this.state.files[part].map(({ name, size, sha256 }) => ({ name, size, sha256 }));
    return { part, salt: hex(random(32)), form: { ...this.state.answers[part] }, files, client: { tool: "mingjing-web" } };
  }
}
