/**
 * A bid while it is being written: what was typed, right or wrong; its files, versions and receipts. In this browser only.
 *
 * Every change is kept at once. What is wrong stays, too: only sealing refuses it. A change is a function of what is kept,
 * whichever tab put it there, so that tabs never undo each other's; and every tab follows what another one has changed.
 */
import { hex, random } from "../sealed/bytes.js";
import { checkAnswers } from "./form.js";
import { get, update } from "./keep.js";
import { fen, yuan } from "./money.js";
import { PARTS } from "./known.js";
import { hearTabs, tellTabs } from "./tabs.js";
import { contentOf, standing } from "./version.js";

const AGAIN = 5000;

/**
 * @typedef {{id: string, name: string, size: number, sha256: string}} KeptFile `id`: its name in the browser's file system
 * @typedef {object} State
 * @property {Record<string, Record<string, string>>} answers by part and question
 * @property {Record<string, KeptFile[]>} files by part
 * @property {{uscc: string, share: string}[]} partners all parties of a joint bid, the lead first; empty for a sole bidder
 * @property {string} rehearsed when a rehearsal worked, or ""
 * @property {string} checked the content that a person has confirmed (`contentOf`), or ""
 * @property {{seq: number, headers: object, statement: object, entries: Record<string, object>,
 *   registered: Record<string, object>}|null} work what is signed; `registered`: by organisation what the log has of it
 * @property {object[]} statements that were made of this bid, the last of them last: partners may have signed a former one
 * @property {{seq: number, submission: object, sha256: string, contents: object[], addenda: number, content: string, terms: string,
 *   at: string, stale: boolean}|null} sealed `at`: by this machine's clock; `stale`: the box refused it for an addendum
 * @property {string} handed hash of the submission that was last handed to the box, whether or not its receipt came
 * @property {{kind: string, seq: number, sha256: string, receipt: object}[]} receipts
 * @property {string} letter an enquiry or objection that is being written
 */

/** @returns {State} */
const empty = () => ({
  answers: { identity: {}, offer: {} },
  files: { identity: [], offer: [] },
  partners: [],
  rehearsed: "",
  checked: "",
  work: null,
  statements: [],
  sealed: null,
  handed: "",
  receipts: [],
  letter: "",
});

/** @param {object|undefined} found what is kept of a draft @returns {State} with all that a state has */
export const whole = (found) => ({ ...empty(), ...(found ?? {}) });

export class Draft {
  /** @param {string[]} key party, tender, lot @param {State} state */
  constructor(key, state) {
    this.key = key;
    this.state = state;
    this.terms = "";
    this.saving = Promise.resolve();
    this.waiting = [];
    this.listeners = { change: [], follow: [], kept: [] };
  }

  /** @param {string} party @param {string} tender @param {string} lot @returns {Promise<Draft>} */
  static async open(party, tender, lot) {
    const key = [party, tender, lot];
    return new Draft(key, whole(await get("drafts", key)));
  }

  /** @param {() => void} listener called after each change, also of another tab */
  onChange(listener) {
    this.listeners.change.push(listener);
  }

  /** @param {() => void} listener called when another tab has changed what is shown here */
  onFollow(listener) {
    this.listeners.follow.push(listener);
  }

  /** @param {(error: unknown) => void} listener called when what was changed is kept (null), or is not yet (why) */
  onKept(listener) {
    this.listeners.kept.push(listener);
  }

  call(which, ...about) {
    this.listeners[which].forEach((listener) => listener(...about));
  }

  /** @returns {number} changes that are shown and not kept yet */
  get pending() {
    return this.waiting.length;
  }

  /** @returns {import("./version.js").Standing} how far the bid is */
  get standing() {
    return standing(this.state, this.terms);
  }

  /** Changes what is bid. @param {(state: State) => void} change called again with what other tabs have kept @returns {Promise<void>} kept */
  async edit(change) {
    return this.note(change);
  }

  /** Notes how far the bid is. @param {(state: State) => void} change as of `edit` @returns {Promise<void>} kept */
  async note(change) {
    change(this.state);
    this.waiting.push(change);
    this.call("change");
    return this.save();
  }

  /** Notes that a person has confirmed what stands in the form, or has not. @param {boolean} yes */
  async confirm(yes) {
    // What was read, not what another tab may have made of it meanwhile.
    const read = contentOf(this.state);
    return this.note((state) => { state.checked = yes ? read : ""; });
  }

  /** Keeps what waits for it, also what could not be kept before. @returns {Promise<void>} */
  save() {
    // One after the other, so that the last change is the one that stays.
    this.saving = this.saving.catch(() => {}).then(() => this.write());
    return this.saving;
  }

  async write() {
    let failure = null;
    while (this.waiting.length) {
      const [change] = this.waiting;
      let broken = false;
      const changed = (found) => {
        const state = whole(found);
        broken = true;
        change(state);
        broken = false;
        return state;
      };
      try {
        this.adopt(await update("drafts", this.key, changed), 1);
      } catch (error) {
        // The disk is full, most likely: what waits goes on waiting, and is shown meanwhile.
        if (!broken) {
          this.again(error);
          throw error;
        }
        // What another tab did leaves this one nothing to change.
        this.adopt(whole(await get("drafts", this.key)), 1);
        failure = error;
      }
    }
    this.call("kept", null);
    if (failure !== null) throw failure;
  }

  again(error) {
    this.call("kept", error);
    clearTimeout(this.timer);
    // What fails then is told by `kept`, like this.
    this.timer = setTimeout(() => this.save().catch(() => {}), AGAIN);
  }

  /** @param {State} kept what is kept now @param {number} done changes of ours that are in it */
  adopt(kept, done) {
    this.waiting.splice(0, done);
    if (done) tellTabs("changed", this.key);
    // What is shown has changes that are not kept yet: the last of them brings the rest.
    if (this.waiting.length || JSON.stringify(kept) === JSON.stringify(this.state)) return;
    this.state = kept;
    this.call("follow");
    this.call("change");
  }

  /** Follows what other tabs do. @param {(error: unknown) => void} failed */
  follow(failed) {
    hearTabs((what, key) => {
      if (what === "changed" && key.join() === this.key.join()) this.reread().catch(failed);
    }, this.key);
  }

  async reread() {
    const kept = whole(await get("drafts", this.key));
    if (!this.waiting.length) this.adopt(kept, 0);
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
