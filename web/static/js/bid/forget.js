/** Forgetting: all that this browser keeps of an organisation, for machines that others use, after saying what is lost. */
import * as sealed from "../sealed/folder.js";
import { Store } from "../sealed/store.js";
import { whole } from "./draft.js";
import { forgetFiles } from "./files.js";
import { own } from "./identity.js";
import * as keep from "./keep.js";
import { element, sayError, tell, text } from "./kit.js";
import { tellTabs } from "./tabs.js";
import { standing } from "./version.js";

/** What stands behind the `#` once it is done: the page then keeps nothing anew. */
export const FORGOTTEN = "#forgotten";

/** @param {string} party @returns {Promise<Record<"drafts"|"files"|"unsent"|"receipts"|"pages", number>>} what there is to lose */
async function losses(party) {
  const drafts = (await keep.all("drafts", party)).map(({ value }) => whole(value));
  const sum = (count) => drafts.reduce((total, state) => total + count(state), 0);
  return {
    drafts: sum(({ answers, files }) => Number([...Object.values(answers), ...Object.values(files)].some((one) => Object.keys(one).length))),
    files: sum(({ files }) => Object.values(files).flat().length),
    unsent: sum((state) => Number(standing(state).open)),
    receipts: sum(({ receipts }) => receipts.length),
    pages: (await keep.all("pages", party)).length,
  };
}

// Whoever seals or sends in another tab would go on keeping what is forgotten here.
async function atWork(party) {
  const { held } = await navigator.locks.query();
  return held.some(({ name }) => name.startsWith(`bid ${party} `) || name.startsWith(`files ${party} `));
}

async function forgetAll(party) {
  await keep.forget(party);
  await forgetFiles(party);
  await sealed.remove([party]);
  // Last, so that what failed on the way can be tried again with it.
  await Store.with((store) => store.removeSecret(party));
  tellTabs("forgotten", [party]);
}

/** Shows what is lost, and forgets when the word is typed. @param {{secret: CryptoKey|null, unwritten: object|null}} who */
export async function wire({ secret, unwritten }) {
  const { party } = own();
  // Its words were never written down: forgetting it would be for good.
  element("forget-unwritten").hidden = unwritten === null;
  element("forgetting").hidden = unwritten !== null;
  element("forgetting").addEventListener("submit", async (event) => {
    event.preventDefault();
    const typed = element("forget-word");
    const why = typed.value.trim().toLowerCase() !== typed.dataset.word ? text("forget.word", { word: typed.dataset.word }) : (await atWork(party)) ? text("forget.busy") : "";
    tell(element("forget-error"), why);
    if (why) {
      typed.focus();
      return;
    }
    try {
      await forgetAll(party);
      location.hash = FORGOTTEN;
      location.reload();
    } catch (error) {
      tell(element("forget-error"), sayError(error));
    }
  });
  const counts = await losses(party);
  const rows = [secret === null ? "" : text("forget.secret"), ...Object.entries(counts).map(([what, count]) => (count ? text(`forget.${what}`, { count }) : ""))];
  element("forget-losses").replaceChildren(...rows.filter(Boolean).map((words) => Object.assign(document.createElement("li"), { textContent: words })));
}

/** Says that it is done, and nothing else: what the page fetches by itself would be kept again. */
export function done() {
  for (const section of document.querySelectorAll("#room section")) section.hidden = section.id !== "forgotten";
  for (const one of ["secret-state", "secret-what"]) element(one).hidden = true;
  element("forgotten-title").focus();
}

/** Offers it to who signs out while something of theirs lies here. @param {{secret: CryptoKey|null, own: {party: string}}} who */
export function offer({ secret, own: { party } }) {
  const leaving = document.querySelector('form[action^="/account/sign-out"]');
  const dialog = element("leaving");
  leaving?.addEventListener("submit", async (event) => {
    // Asked once: the dialog's own button goes on.
    if (event.submitter?.closest("dialog") || dialog.open) return;
    event.preventDefault();
    const { drafts, receipts } = await losses(party);
    if (secret === null && drafts + receipts === 0) leaving.submit();
    else dialog.showModal();
  });
  element("leave-all").addEventListener("click", () => leaving.submit());
}
