/** The buttons that sign, seal and send, each with what it says while it runs and when it is refused. */
import { Refusal } from "../sealed/refusal.js";
import { wireGather } from "./gather.js";
import { bytes, clock, copy, element, room, sayError, tell, text, told } from "./kit.js";
import { missing, recheck, sign } from "./sign.js";
import { lockOf, seal } from "./seal.js";
import { send } from "./send.js";
import { contentOf, signedContent } from "./version.js";

/** @typedef {import("./lot.js").Lot} Lot */

/** @param {Lot} lot */
export function wireSteps(lot) {
  whose(lot);
  element("sign-now").addEventListener("click", () => signNow(lot));
  element("seal-now").addEventListener("click", () => sealNow(lot));
  element("send-now").addEventListener("click", () => sendNow(lot));
  element("send-sealed").addEventListener("click", () => told(sendSealed(lot, "send-sealed"), element("send-error")));
  wireGather(lot);
}

// Whose keys it is sealed to, and until when nobody opens it: said before anything is sealed.
function whose({ known }) {
  if (!known) return;
  const { t, n, custodians, notBefore } = known.sets.offer.summary;
  const names = custodians.map(({ name }) => name[room().dataset.lang]).join(text("comma"));
  tell(element("whose"), text("whose", { t, n, names, opens: clock(notBefore) }));
}

/** @param {Lot} lot @returns {string} why the bid cannot be signed yet, or "" */
function unready(lot) {
  if (!lot.who.secret) return text("code.secret.missing");
  if (!lot.known) return text("not_witnessed");
  const count = lot.answers.problems().length;
  if (count) return text("mend_first", { count });
  if (lot.parties.review().length) return text("mend_parties");
  return lot.draft.standing.checked ? "" : text("check_first");
}

async function signNow(lot) {
  const why = unready(lot);
  tell(element("sign-error"), why);
  if (why) return;
  const read = contentOf(lot.draft.state);
  await busy("sign-now", () => alone(lot, "sign", async () => {
    try {
      await sign(lot);
      // Another tab has typed meanwhile: nobody signs what nobody has confirmed.
      if (signedContent(lot.draft.state.work) !== read) {
        await lot.draft.note((state) => { state.work = null; });
        tell(element("sign-error"), text("check_first"));
      } else if (missing(lot).length === 0) element("seal-title").focus();
      else element("signed-title").focus();
    } catch (error) {
      tell(element("sign-error"), sayError(error));
    }
    lot.refresh();
  }));
}

async function busy(id, what) {
  const button = element(id);
  button.disabled = true;
  try {
    await what();
  } finally {
    button.disabled = false;
  }
}

// What this tab's last step ends with: its button is shown again a moment before the lock is given back.
let last = Promise.resolve();

/**
 * One tab at a time signs, seals, sends or withdraws a bid: typing may go on in all of them. Steps of one tab follow each other.
 * @param {Lot} lot
 * @param {string} name of the step, whose place for errors says that another tab is at it
 * @param {() => Promise<void>} what
 * @returns {Promise<void>}
 */
export function alone(lot, name, what) {
  const mine = last.then(() => navigator.locks.request(lockOf(lot.draft.key), { ifAvailable: true }, async (held) => {
    tell(element(`${name}-error`), held === null ? text("other_tab") : "");
    if (held !== null) await what();
  }));
  last = mine.then(() => {}, () => {});
  return mine;
}

// A button beside it stops what runs.
async function running(lot, name, what, button = `${name}-now`) {
  const controller = new AbortController();
  const stop = element(`${name}-stop`);
  const abort = () => controller.abort();
  stop.addEventListener("click", abort);
  await busy(button, () => alone(lot, name, async () => {
    [element(`${name}-running`).hidden, stop.hidden] = [false, false];
    try {
      await what(controller.signal);
    } catch (error) {
      await refusedIn(lot, error, element(`${name}-error`));
    } finally {
      [element(`${name}-running`).hidden, stop.hidden] = [true, true];
      lot.refresh();
    }
  }));
  stop.removeEventListener("click", abort);
}

// What predates an addendum is done anew once the addendum has come with the quiet round: to ask for it at once would tell
// the office who is about to bid. It is told with its number, as the difference is what has to be read.
async function refusedIn(lot, error, place) {
  const stale = error instanceof Refusal && ["submission.terms_stale", "bid.stale"].includes(error.code);
  if (!stale) {
    tell(place, sayError(error));
    return;
  }
  await lot.draft.note((state) => {
    Object.assign(state, { work: null, checked: "" });
    if (state.sealed) state.sealed.stale = true;
  });
  tellStale(lot, place);
}

function tellStale(lot, place) {
  if (!lot.known || lot.known.terms === lot.draft.state.sealed?.terms) {
    tell(place, text("stale_soon"));
    return;
  }
  const number = lot.data.events.length - 1;
  const link = copy("differences");
  link.href += `#addendum-${number}`;
  tell(place, text("stale", { number }));
  place.append(" ", link);
}

// What is signed when the button is pressed is sealed, whatever another tab types from then on.
function sealNow(lot) {
  const { work } = lot.draft.state;
  // An addendum that came since is told as such.
  const stands = lot.draft.standing.signed || work?.statement.terms !== lot.known?.terms;
  const count = lot.answers.problems().length;
  return running(lot, "seal", async (signal) => {
    if (work === null || !stands) throw new Refusal("bid.not_signed", { seq: 0 });
    if (count) throw new Refusal("bid.answers_wrong", { count });
    await sealVersion(lot, work, signal);
  });
}

async function sealVersion(lot, work, signal) {
  // Sealed again it would be another bid of the same number, and the first one's ciphertexts would be gone.
  if (lot.draft.state.sealed?.seq === work.seq) {
    element("send-title").focus();
    return;
  }
  const waiting = missing(lot);
  if (waiting.length) {
    tell(element("seal-error"), text("unsigned", { codes: waiting.join(" ") }));
    return;
  }
  lot.sealing = true;
  try {
    await recheck(lot, work);
    await seal(lot, work, {
      signal,
      onProgress: (done, total) => {
        element("seal-progress").value = total ? done / total : 1;
        tell(element("seal-told"), text("sealing", { done: bytes(done), total: bytes(total) }));
      },
    });
  } finally {
    lot.sealing = false;
  }
  element("send-title").focus();
}

// Who changed something wants that sent, not what was sealed before: the two have a button each.
function sendNow(lot) {
  const { same, open, outdated, dead } = lot.draft.standing;
  if (dead) tellDead(lot);
  else if (outdated) tellStale(lot, element("send-error"));
  else if (lot.draft.state.sealed && !same) tell(element("send-error"), text(open || !lot.draft.state.receipts.length ? "changed_since" : "changed_after"));
  else told(sendSealed(lot, "send-now"), element("send-error"));
}

// The box would refuse it only after all of it was uploaded.
const tellDead = ({ draft }) => tell(element("send-error"), text("sealed_dead", { seq: draft.state.sealed.seq }));

const sendSealed = (lot, button) => running(lot, "send", async (signal) => {
  const place = element("send-told");
  // Another tab may have withdrawn, or sent a later one.
  if (lot.draft.standing.dead) {
    tellDead(lot);
    return;
  }
  await send(lot, {
    signal,
    onProgress: (done, total, left) => {
      element("send-progress").value = done / total;
      tell(place, text(left === null ? "sending" : "sending_left", { done: bytes(done), total: bytes(total), left }));
    },
    onWait: () => tell(place, text("sending_waits")),
  });
  element("status-title").focus();
}, button);

/** Says which version "send" is about, and offers the sealed one where it is another than what stands in the form. @param {Lot} lot */
export function showSealed({ draft }) {
  const { open, same } = draft.standing;
  const { sealed } = draft.state;
  const said = open ? text(same ? "sealed_same" : "sealed_other", { seq: sealed.seq, at: clock(sealed.at) }) : "";
  tell(element("send-what"), said);
  element("send-sealed").hidden = !open || same;
  if (open && !same) element("send-sealed").textContent = text("send_sealed", { seq: sealed.seq });
}
