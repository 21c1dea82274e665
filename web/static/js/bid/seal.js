/** Sealing: the signed version, in the worker, to the custodians of the witnessed notice. Nothing leaves the machine. */
import { messageSha256, submission } from "../sealed/bid.js";
import { remove } from "../sealed/folder.js";
import { Refusal } from "../sealed/refusal.js";
import * as tickets from "../sealed/tickets.js";
import { hex } from "../sealed/bytes.js";
import { KINDS } from "../sealed/bid.js";
import { holding } from "./files.js";
import { PARTS } from "./known.js";
import { signedContent } from "./version.js";

/** @typedef {import("./lot.js").Lot} Lot */

/** @param {string[]} key of a draft @returns {string} the lock of whoever signs, seals or sends that bid */
export const lockOf = (key) => ["bid", ...key].join(" ");

/** @param {Lot} lot @param {number} seq @returns {string[]} where a version's ciphertexts lie */
export const place = (lot, seq) => [...lot.draft.key, String(seq)];

/**
 * Seals a version that was signed.
 * @param {Lot} lot
 * @param {{seq: number, headers: object, statement: object, entries: object}} work
 * @param {{signal: AbortSignal, onProgress: (done: number, total: number) => void}} how
 */
export async function seal(lot, work, { signal, onProgress }) {
  const { draft, known, who } = lot;
  if (work.statement.terms !== known.terms) throw new Refusal("bid.stale", { seq: work.seq });
  const ticket = await lot.ticket();
  const signer = await tickets.bidKey(who.secret, lot.tender, lot.lot);
  await tickets.check(ticket, signer.publicKey, known.spki);
  const signatures = work.statement.parties.map(({ uscc }) => work.entries[uscc]);
  const headers = { ...work.headers, identity: { ...work.headers.identity, statement: work.statement, signatures } };
  const folder = place(lot, work.seq);
  await remove(folder);
  try {
    await holding(draft.key, () => sealInto(lot, work, headers, folder, { signal, onProgress, ticket, signer }));
  } catch (error) {
    // Half a bid is of no use, and it fills the disk that may be full.
    await remove(folder);
    throw error;
  }
  await lot.files.sweep();
}

async function sealInto(lot, work, headers, folder, { signal, onProgress, ticket, signer }) {
  const { draft, known } = lot;
  const total = PARTS.flatMap((part) => headers[part].files).reduce((sum, { size }) => sum + size, 0);
  const [seals, contents] = [{}, []];
  let before = 0;
  for (const part of PARTS) {
    const { json, signatures: signed } = known.sets[part];
    const files = await lot.files.inOrder(part, headers[part].files);
    const order = { type: "seal", keyset: json, signatures: signed, identityKeys: known.identityKeys, authorKey: hex(signer.publicKey), header: headers[part], files, folder };
    const made = await lot.worker.run(order, { signal, onProgress: (done) => onProgress(before + done, total) });
    before += headers[part].files.reduce((sum, { size }) => sum + size, 0);
    seals[part] = made.seal;
    for (const kind of KINDS) contents.push({ name: made.ciphertexts[kind], ...made.seal[kind] });
  }
  const length = contents.reduce((sum, { size }) => sum + size, 0);
  if (length > known.maxBytes) throw new Refusal("submission.too_big", { limit: known.maxBytes, found: length });
  const envelope = await submission({ tender: lot.tender, lot: lot.lot, ticket, seq: work.seq, terms: known.terms, seals }, signer);
  const old = draft.state.sealed;
  const sealed = { seq: work.seq, submission: envelope, sha256: await messageSha256(envelope), contents, addenda: known.addenda };
  const about = { content: signedContent(work), terms: known.terms, at: new Date().toISOString(), stale: false };
  try {
    await draft.note((state) => { state.sealed = { ...sealed, ...about }; });
  } catch (error) {
    // What could not be noted must not turn up later, when its ciphertexts are gone; that it waits has been told.
    draft.note((state) => { state.sealed = old; }).catch(() => {});
    throw error;
  }
  // What was sealed before and never accepted is of no more use; what was accepted the box may ask for again.
  if (old && old.seq !== work.seq && !draft.state.receipts.some(({ sha256: one }) => one === old.sha256)) await remove(place(lot, old.seq));
}
