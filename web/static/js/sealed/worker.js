/**
 * The sealing worker: hashes and encrypts files of any size beside the page, which stays usable.
 *
 * Messages in: {@link Order} with a number of its own; out: {@link Answer} with the same number. What comes back as
 * `result` stands with each handler.
 */
import { hex, unhex } from "./bytes.js";
import { choose } from "./curves.js";
import { digestOf } from "./content.js";
import { removeFiles, write } from "./folder.js";
import * as keysets from "./keyset.js";
import { openFiles, openForm, verdict } from "./opening.js";
import { sealPart } from "./part.js";
import { Refusal } from "./refusal.js";
import { context, parse as parseSeal } from "./seal.js";

/**
 * @typedef {{type: "hash", files: Blob[]}
 *   | {type: "seal", keyset: object, rehearsal?: boolean, signatures?: object[], identityKeys?: Record<string, string>,
 *      authorKey: string, header: object, files: Blob[], folder: string[]}
 *   | {type: "open", keyset: object, rehearsal?: boolean, authorKey: string, seal: object,
 *      answers: Record<string, Uint8Array|"bad">, form: Blob, files: Blob}
 *   | {type: "curves", name: "auto"|"webcrypto"|"noble"}
 *   | {type: "abort"}} Order `abort` carries the number of the order that it ends
 * @typedef {{type: "progress", done: number, total: number}
 *   | {type: "done", result: any}
 *   | {type: "refused", code: string, params: object}
 *   | {type: "aborted"}
 *   | {type: "failed", name: string}} Answer `failed`: not a refusal but a fault, by the name of what was thrown
 */

const running = new Map();

const HANDLERS = {
  hash: async ({ files }, { count }) => {
    const out = [];
    for (const file of files) {
      const { size, sha256 } = await digestOf(file, count);
      out.push({ size, sha256: hex(sha256) });
    }
    return out;
  },
  seal: async (order, { count, signal }) => {
    const keyset = await checkedKeyset(order);
    const { part } = keyset.json.purpose;
    const names = { form: `${part}.form`, files: `${part}.files` };
    try {
      const seal = await sealPart({
        ...{ keyset, signal, header: order.header, files: order.files, progress: count },
        authorKey: unhex(order.authorKey, 32, "bid_key"),
        keep: (kind, fill) => write(order.folder, names[kind], fill),
      });
      return { seal, ciphertexts: names };
    } catch (error) {
      // Half a part is worth nothing: without its seal nobody ever opens it.
      await removeFiles(order.folder, Object.values(names));
      throw error;
    }
  },
  open: async (order) => {
    const keyset = await keysets.parse(order.keyset, order.rehearsal ? keysets.REHEARSAL : keysets.SUITE);
    const seal = parseSeal(order.seal, keyset);
    const authorKey = unhex(order.authorKey, 32, "author_key");
    const found = await verdict(seal, keyset, authorKey, order.answers);
    if (found.verdict !== "open") return plain(found);
    const ctx = await context(keyset.kid, authorKey, unhex(seal.n16, 16));
    const opened = { secret: found.secret, ctx, part: keyset.json.purpose.part };
    const form = await openForm(seal, opened, order.form);
    if (form.void) return { verdict: "void", reason: said(form.void) };
    const files = await openFiles(seal, opened, form.header.files, order.files);
    if (files.void) return { verdict: "void", reason: said(files.void) };
    return { verdict: "open", header: form.header };
  },
  curves: async ({ name }) => choose(name),
};

// A real key set is sealed to only with all its custodians' signatures; a rehearsal's keys nobody signs.
async function checkedKeyset({ keyset: value, rehearsal, signatures, identityKeys }) {
  if (rehearsal) return keysets.parse(value, keysets.REHEARSAL);
  const keyset = await keysets.parse(value);
  await keysets.checkSigned(keyset, signatures ?? [], identityKeys ?? {});
  return keyset;
}

const said = ({ code, params }) => ({ code, params });
const plain = (found) => (found.reason ? { ...found, reason: said(found.reason) } : found);

function answerOf(error) {
  if (error instanceof Refusal) return { type: "refused", ...said(error) };
  if (error instanceof DOMException && error.name === "AbortError") return { type: "aborted" };
  return { type: "failed", name: error?.name ?? "Error" };
}

async function serve({ number, ...order }) {
  const controller = new AbortController();
  running.set(number, controller);
  const { signal } = controller;
  const total = (order.files instanceof Array ? order.files : []).reduce((sum, file) => sum + file.size, 0);
  let finished = 0;
  const count = (bytes) => {
    signal.throwIfAborted();
    finished += bytes;
    postMessage({ number, type: "progress", done: finished, total });
  };
  try {
    postMessage({ number, type: "done", result: await HANDLERS[order.type](order, { count, signal }) });
  } catch (error) {
    postMessage({ number, ...answerOf(error) });
  } finally {
    running.delete(number);
  }
}

addEventListener("message", ({ data }) => {
  if (data.type === "abort") running.get(data.number)?.abort();
  else serve(data);
});
