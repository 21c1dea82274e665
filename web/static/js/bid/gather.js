/** The section where a lead gathers signatures: who has signed, partners' files, certificates. */
import { noAuthority, wireDongle } from "./dongle.js";
import { mark, save } from "./fields.js";
import { copy, element, room, tell, text } from "./kit.js";
import { paper, takeCms, takeEntry, toSign } from "./sign.js";
import { kindOf, sayWrong } from "./signatures.js";

/** @typedef {import("./lot.js").Lot} Lot */

/** @param {Lot} lot */
export function wireGather(lot) {
  const field = element("entry-file");
  field.addEventListener("change", async () => {
    const [wrong, files] = [[], [...field.files]];
    mark(field, "");
    for (const file of files) {
      try {
        await takeEntry(lot, file);
      } catch (error) {
        const by = error.params?.by;
        wrong.push(text(by ? "entry_refused_by" : "entry_refused", { name: file.name, by: text(`by.${by}`), why: sayWrong(error) }));
      }
    }
    field.value = "";
    mark(field, wrong.join(" "));
    lot.refresh();
  });
  element("statement-file").addEventListener("click", async () => {
    tell(element("paper-error"), "");
    try {
      save(await paper(lot), `joint-${lot.tender}-${lot.lot}.json`);
    } catch (error) {
      tell(element("paper-error"), sayWrong(error));
    }
  });
  wireDongle({
    bytes: () => toSign(lot.draft.state.work.statement),
    take: async (files) => {
      await takeCms(lot, files);
      lot.refresh();
    },
  });
  noAuthority(lot.trust);
  lot.draft.onChange(() => show(lot));
  show(lot);
}

function show({ draft, who }) {
  const { work } = draft.state;
  if (!work) return;
  const { parties } = work.statement;
  element("joint-papers").hidden = parties.length < 2;
  // Without the registered keys there is no other way to sign.
  if (!who.registered) element("by-certificate").open = true;
  element("signed").replaceChildren(...parties.map((party) => signedRow(party, work)));
}

function signedRow({ uscc, share }, { entries, registered }) {
  const row = copy("signed-row");
  const entry = entries[uscc];
  row.dataset.uscc = uscc;
  row.querySelector("[data-name]").textContent = registered[uscc]?.name[room().dataset.lang] ?? "";
  row.querySelector("[data-code]").textContent = uscc;
  row.querySelector("[data-share]").textContent = `${share}%`;
  const state = row.querySelector("[data-state]");
  state.textContent = text(entry ? `signed.${kindOf(entry)}` : "signed.waits");
  state.className = `tag ${entry ? "tag--done" : "tag--wait"}`;
  return row;
}
