/** The dashboard: what this browser has of each lot, and what to do next. */
import * as tickets from "../sealed/tickets.js";
import { Draft, whole } from "./draft.js";
import * as keep from "./keep.js";
import { element, room, sayError, tell, text, told } from "./kit.js";
import { Box } from "./lines.js";
import { keepReceipt } from "./send.js";
import { hearTabs } from "./tabs.js";
import { standing } from "./version.js";

/** @param {any} state a draft's, or undefined @param {boolean} open @returns {string} the key of its words */
export function stand(state, open) {
  const last = state?.receipts.at(-1);
  if (last?.kind === "withdrawal") return "withdrawn";
  if (state?.handed && state.handed === state.sealed?.sha256 && last?.sha256 !== state.handed && !(last?.seq > state.sealed.seq)) return "no_receipt";
  const { sealed, sent, open: unsent } = state ? standing(whole(state)) : {};
  if (sealed && !sent) return open ? "sealed" : "too_late";
  if (last) return open && state.sealed && !sent ? "changed" : "accepted";
  if (unsent) return open ? "sealed_other" : "too_late";
  const begun = state && Object.values(state.answers).some((one) => Object.keys(one).length);
  if (begun || state?.files.offer.length) return open ? "draft" : "too_late";
  return "not_begun";
}

/** @param {{own: {party: string}}} who */
export async function show({ own }) {
  const drafts = new Map((await keep.all("drafts", own.party)).map(({ key, value }) => [key.slice(1).join("/"), value]));
  for (const row of element("lots").querySelectorAll("[data-tender]")) {
    const { tender, lot, open } = row.dataset;
    const key = stand(drafts.get(`${tender}/${lot}`), open !== undefined);
    row.dataset.stand = key;
    row.querySelector("[data-state]").textContent = text(`stand.${key}`);
    row.querySelector("[data-next]").textContent = text(`next.${open === undefined ? "closed" : key}`);
  }
}

/** Asks the box about every lot that there is a ticket for. @param {object} who */
export function wire(who) {
  const button = element("ask-all");
  hearTabs((what) => what === "changed" && told(show(who)), [who.own.party]);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      for (const { key, value } of await keep.all("tickets", who.own.party)) {
        const [, tender, lot] = key;
        const signer = await tickets.bidKey(who.secret, tender, lot);
        const accepted = await new Box(room().dataset.box, signer, { tender, lot, ticket: value }).own();
        if (accepted.length) await remember(who, key, accepted);
      }
      await show(who);
      tell(element("quiet"), text("asked_all"));
    } catch (error) {
      tell(element("quiet"), sayError(error));
    } finally {
      button.disabled = false;
    }
  });
}

async function remember({ trust }, key, accepted) {
  const draft = await Draft.open(...key);
  for (const { kind, seq, sha256, receipt } of accepted) {
    await keepReceipt({ draft, trust, lot: key[2] }, { kind, seq, sha256, receipt });
  }
}
