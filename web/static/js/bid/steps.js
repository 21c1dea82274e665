/** The buttons that sign, seal and send, each with what it says while it runs and when it is refused. */
import { Refusal } from "../sealed/refusal.js";
import { bytes, clock, element, room, sayError, tell, text } from "./kit.js";
import { missing, papers, sign, takeCms, takeEntry } from "./sign.js";
import { seal } from "./seal.js";
import { send } from "./send.js";

/** @typedef {import("./lot.js").Lot} Lot */

/** @param {Lot} lot */
export function wireSteps(lot) {
  whose(lot);
  element("sign-now").addEventListener("click", () => signNow(lot));
  element("seal-now").addEventListener("click", () => sealNow(lot));
  element("send-now").addEventListener("click", () => sendNow(lot));
  element("entry-file").addEventListener("change", ({ target }) => taken(lot, async () => {
    for (const file of target.files) await takeEntry(lot, file);
    target.value = "";
  }));
  element("cms-take").addEventListener("click", () => taken(lot, () => takeCms(lot, element("cms-seal").files[0], element("cms-person").files[0])));
  for (const [id, paper, name] of [["statement-file", "statement", "statement.json"], ["to-sign-file", "bytes", "to-sign.bin"]]) {
    element(id).addEventListener("click", () => {
      Object.assign(element(id), { href: URL.createObjectURL(papers(lot)[paper]), download: name });
    });
  }
}

// Whose keys it is sealed to, and until when nobody opens it: said before anything is sealed.
function whose({ known }) {
  if (!known) return;
  const { t, n, custodians, notBefore } = known.sets.offer.summary;
  const names = custodians.map(({ name }) => name[room().dataset.lang]).join(text("comma"));
  tell(element("whose"), text("whose", { t, n, names, opens: clock(notBefore) }));
}

async function taken(lot, what) {
  tell(element("sign-error"), "");
  try {
    if (!lot.draft.state.work) throw new Refusal("bid.not_signed", { seq: 0 });
    await what();
  } catch (error) {
    tell(element("sign-error"), sayError(error));
  }
  lot.refresh();
}

/** @param {Lot} lot @returns {string} why the bid cannot be signed yet, or "" */
function unready(lot) {
  if (!lot.who.secret) return text("code.secret.missing");
  if (!lot.known) return text("not_witnessed");
  const count = lot.answers.problems().length;
  if (count) return text("mend_first", { count });
  return lot.draft.state.checked ? "" : text("check_first");
}

async function signNow(lot) {
  const why = unready(lot);
  tell(element("sign-error"), why);
  if (why) return;
  await busy("sign-now", async () => {
    try {
      await sign(lot);
      if (missing(lot).length === 0) element("seal-title").focus();
      else element("statement").querySelector("h3").scrollIntoView();
    } catch (error) {
      tell(element("sign-error"), sayError(error));
    }
    lot.refresh();
  });
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

// One tab at a time seals or sends a bid; a button beside it stops.
async function running(lot, name, what) {
  const controller = new AbortController();
  const stop = element(`${name}-stop`);
  const abort = () => controller.abort();
  stop.addEventListener("click", abort);
  await busy(`${name}-now`, () => navigator.locks.request(["bid", ...lot.draft.key].join(" "), { ifAvailable: true }, async (held) => {
    if (held === null) {
      tell(element(`${name}-error`), text("other_tab"));
      return;
    }
    tell(element(`${name}-error`), "");
    [element(`${name}-running`).hidden, stop.hidden] = [false, false];
    try {
      await what(controller.signal);
    } catch (error) {
      tell(element(`${name}-error`), await refusedIn(lot, error));
    } finally {
      [element(`${name}-running`).hidden, stop.hidden] = [true, true];
      lot.refresh();
    }
  }));
  stop.removeEventListener("click", abort);
}

// What predates an addendum is done anew once the addendum has come with the quiet round: to ask for it at once would tell
// the office who is about to bid.
async function refusedIn(lot, error) {
  const stale = error instanceof Refusal && ["submission.terms_stale", "bid.stale"].includes(error.code);
  if (!stale) return sayError(error);
  await lot.draft.note((state) => {
    Object.assign(state, { work: null, checked: false });
    if (state.sealed) state.sealed.current = false;
  });
  const read = lot.known && lot.known.terms !== lot.draft.state.sealed?.submission.object.terms;
  return read ? text("stale", { number: lot.known.addenda }) : text("stale_soon");
}

const sealNow = (lot) => running(lot, "seal", async (signal) => {
  const { work } = lot.draft.state;
  if (!work) throw new Refusal("bid.not_signed", { seq: 0 });
  const waiting = missing(lot);
  if (waiting.length) {
    tell(element("seal-error"), text("unsigned", { codes: waiting.join(" ") }));
    return;
  }
  lot.sealing = true;
  try {
    await seal(lot, {
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
});

const sendNow = (lot) => running(lot, "send", async (signal) => {
  const { sealed } = lot.draft.state;
  // Who changed something wants that sent, not what was sealed before.
  if (sealed && !sealed.current) {
    tell(element("send-error"), text("changed_since"));
    return;
  }
  const told = element("send-told");
  await send(lot, {
    signal,
    onProgress: (done, total, left) => {
      element("send-progress").value = done / total;
      tell(told, text(left === null ? "sending" : "sending_left", { done: bytes(done), total: bytes(total), left }));
    },
    onWait: () => tell(told, text("sending_waits")),
  });
  element("status-title").focus();
});
