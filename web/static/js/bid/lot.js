/** The room of one lot: puts its parts together and says how far the bid is. */
import { hex } from "../sealed/bytes.js";
import { SealingWorker } from "../sealed/client.js";
import { Refusal } from "../sealed/refusal.js";
import * as tickets from "../sealed/tickets.js";
import { Answers } from "./answers.js";
import { show as showChecked } from "./check.js";
import { inForce } from "./deadline.js";
import { Draft } from "./draft.js";
import { Files } from "./files.js";
import { get } from "./keep.js";
import { alarm, block, clock, element, room, sayError, tell, text } from "./kit.js";
import { known } from "./known.js";
import * as letters from "./letters.js";
import { Box } from "./lines.js";
import { Parties } from "./parties.js";
import { askedOf, dataOf, shelved } from "./quiet.js";
import * as rehearsal from "./rehearse.js";
import { showSealed, wireSteps } from "./steps.js";
import { missing } from "./sign.js";
import * as status from "./status.js";

/**
 * @typedef {object} Who
 * @property {import("./identity.js").Own} own
 * @property {CryptoKey} secret
 * @property {{seal: object, person: object}} keys
 * @property {boolean} registered
 */

export class Lot {
  /** @param {any} data of the page @param {Who} who @param {object} trust the trust file @param {import("./head.js").Heard|null} heard */
  constructor(data, who, trust, heard) {
    Object.assign(this, { data, who, trust, heard, tender: data.tender, lot: data.lot, stale: new Set(), outcome: null, minutes: {}, handed: null });
    this.asked = askedOf(document);
    this.title = document.querySelector("#lot h1").firstChild.textContent.trim();
    this.worker = new SealingWorker();
    this.renewed = () => {};
    // Fetched now by everybody, not when somebody seals: what a browser fetches tells what it does.
    this.worker.run({ type: "curves", name: "auto" }).catch((error) => alarm(sayError(error)));
  }

  /** Shows the room that stands on the page. */
  static async open(who, trust, heard) {
    const lot = new Lot(block("data"), who, trust, heard);
    lot.draft = await Draft.open(who.own.party, lot.tender, lot.lot);
    lot.answers = new Answers(lot.draft, lot.data);
    lot.files = new Files(lot.draft, lot.worker, lot.data.max_bytes, () => lot.answers.files());
    lot.answers.files();
    lot.parties = new Parties(lot.draft, who.own.uscc);
    if (who.secret) lot.bidKey = hex((await tickets.bidKey(who.secret, lot.tender, lot.lot)).publicKey);
    await lot.learn();
    rehearsal.wire(lot.draft, trust);
    wireSteps(lot);
    letters.wire(lot);
    status.wire(lot);
    lot.draft.onChange(() => lot.refresh());
    lot.draft.onFollow(() => lot.followed());
    lot.draft.follow((error) => alarm(sayError(error)));
    lot.refresh();
    element("check-yes").addEventListener("change", ({ target }) => {
      lot.draft.confirm(target.checked).catch((error) => alarm(sayError(error)));
    });
    // Leaving loses something only while a keystroke is not kept yet or files are being sealed.
    addEventListener("beforeunload", (event) => {
      if (lot.draft.pending || lot.sealing) event.preventDefault();
    });
    // Also where there is no receipt: it may be lost, though the box took what was sealed.
    if ((lot.draft.state.receipts.length || lot.draft.state.sealed) && who.secret) {
      status.ask(lot).then(() => lot.refresh(), (error) => tell(element("status-error"), sayError(error)));
    }
    return lot;
  }

  /** @returns {string} the deadline in force: as proved, and before there is a proof as the office says */
  get deadline() {
    return this.known?.deadline ?? this.data.deadline;
  }

  // What the notice says counts only where it stands in the witnessed log; without it one can still write.
  async learn() {
    tell(element("seal-error"), "");
    try {
      this.known = await known(this.data, this.trust);
      inForce(this.data, this.known);
    } catch (error) {
      this.known = null;
      tell(element("seal-error"), sayError(error));
    }
    this.draft.terms = this.known?.terms ?? "";
    this.renewed();
    await status.learn(this);
  }

  /** Takes what the log says now. @param {import("./head.js").Heard|null} heard */
  async hear(heard) {
    this.heard = heard;
    await status.look(this);
  }

  /** Reads again what stands on this browser's shelf of the lot: an addendum came, the roll. @returns {Promise<boolean>} whether it did */
  async renew() {
    const page = await shelved(this.who.own.party, this.tender, this.lot);
    const data = page && dataOf(page);
    const changed = data && JSON.stringify(data) !== JSON.stringify(this.data);
    // The same page, but asked for after more had been shown: what is missing then is found out now.
    if (!data || (!changed && askedOf(page) <= this.asked)) return false;
    Object.assign(this, { data, asked: askedOf(page) });
    await this.learn();
    this.refresh();
    return changed;
  }

  /** @returns {Promise<Box>} the line of the bid key @param {object} [how] */
  async box(how = {}) {
    if (!this.who.secret) throw new Refusal("secret.missing");
    const signer = await tickets.bidKey(this.who.secret, this.tender, this.lot);
    const ticket = await get("tickets", this.draft.key);
    return new Box(room().dataset.box, signer, { tender: this.tender, lot: this.lot, ticket, ...how });
  }

  /** @returns {Promise<object>} the ticket of this lot; refuses (`ticket.missing`) where there is none */
  async ticket() {
    const found = await get("tickets", this.draft.key);
    if (!found) throw new Refusal("ticket.missing");
    return found;
  }

  /** Another tab has changed the draft: shown is what is kept. */
  followed() {
    this.answers.follow();
    this.files.show();
    this.answers.files();
    this.parties.follow();
    const { letter } = this.draft.state;
    if (element("letter-text").value !== letter) element("letter-text").value = letter;
  }

  /** Says how far everything is. */
  refresh() {
    const { state } = this.draft;
    for (const [task, [done, words]] of Object.entries(this.tasks(state))) {
      const row = document.querySelector(`[data-task="${task}"]`);
      row.classList.toggle("done", done);
      row.querySelector("[data-state]").textContent = words;
    }
    const last = status.newest(this);
    tell(element("stand"), status.stand(this));
    showChecked(this.draft, this.data, this.who.own);
    element("statement").hidden = !this.draft.standing.signed;
    showSealed(this);
    element("withdrawal").hidden = last === undefined || last.kind === "withdrawal";
    tell(element("withdraw-loses"), status.loses(this));
    element("replace-now").hidden = last === undefined;
    status.show(this);
  }

  tasks(state) {
    const wrong = this.answers.problems().length;
    const begun = Object.values(state.answers).some((one) => Object.keys(one).length);
    const count = state.files.offer.length + state.files.identity.length;
    const { checked, signed, sealed, sent } = this.draft.standing;
    const waiting = signed ? missing(this) : null;
    const said = (key, values) => text(`task.${key}`, values);
    const answers = wrong ? said(begun ? "wrong" : "to_do", { count: wrong }) : said("done");
    return {
      answers: [wrong === 0, answers],
      files: [count > 0, count ? said("files", { count }) : said("no_files")],
      parties: [this.parties.problems().length === 0, state.partners.length ? said("joint", { count: state.partners.length }) : said("sole")],
      rehearse: [state.rehearsed !== "", state.rehearsed ? said("rehearsed", { at: clock(state.rehearsed) }) : said("optional")],
      check: [checked, said(checked ? "done" : "to_do")],
      sign: [waiting?.length === 0, waiting === null ? said("to_do") : waiting.length ? said("unsigned", { codes: waiting.join(" ") }) : said("done")],
      seal: [sealed, said(sealed ? "sealed" : "to_do", { seq: state.sealed?.seq })],
      send: [sent, said(sent ? "sent" : "to_do")],
    };
  }
}
