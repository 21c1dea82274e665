/** A bid's files: copied into this browser's own file system when they are chosen, hashed there, never sent unsealed. */
import { hex, random } from "../sealed/bytes.js";
import { isPlain } from "../sealed/header.js";
import { Refusal } from "../sealed/refusal.js";
import { get } from "./keep.js";
import { bytes, copy, sayError, tell, text, told } from "./kit.js";
import { PARTS } from "./known.js";

const TOP = "drafts";

// Who copies or seals files holds it with others; who throws away what no draft names wants it alone.
const lockOf = (key) => ["files", ...key].join(" ");

/** Does something with a draft's files, of which none goes away meanwhile. @template T @param {string[]} key @param {() => Promise<T>} what @returns {Promise<T>} */
export const holding = (key, what) => navigator.locks.request(lockOf(key), { mode: "shared" }, what);

async function folder(key, create = false) {
  let found = await navigator.storage.getDirectory();
  for (const name of [TOP, ...key]) found = await found.getDirectoryHandle(name, { create });
  return found;
}

/** @param {string[]} key of the draft @param {string} id @returns {Promise<File>} as it was chosen */
export async function fileOf(key, id) {
  try {
    return await (await (await folder(key)).getFileHandle(id)).getFile();
  } catch (error) {
    // The browser was told to clear its data: the draft's list is older than its files.
    if (error instanceof DOMException && error.name === "NotFoundError") throw new Refusal("bid.no_such_file", { file: id });
    throw error;
  }
}

/** Throws away all files of an organisation's drafts; it is no error if there are none. @param {string} party */
export async function forgetFiles(party) {
  try {
    await (await folder([])).removeEntry(party, { recursive: true });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
  }
}

export class Files {
  /**
   * @param {import("./draft.js").Draft} draft
   * @param {import("../sealed/client.js").SealingWorker} worker
   * @param {number} most bytes of all ciphertexts together
   * @param {() => void} changed
   */
  constructor(draft, worker, most, changed) {
    Object.assign(this, { draft, worker, most, changed });
    for (const part of PARTS) this.wire(part);
    this.show();
    told(this.sweep());
  }

  wire(part) {
    const choose = document.querySelector(`[data-choose="${part}"]`);
    choose.addEventListener("change", () => this.takeAll(part, [...choose.files]).finally(() => { choose.value = ""; }));
    const place = choose.closest(".drop");
    place.addEventListener("dragover", (event) => { event.preventDefault(); place.classList.add("over"); });
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      place.classList.remove("over");
      this.takeAll(part, [...event.dataTransfer.files]);
    });
  }

  async takeAll(part, files) {
    const place = document.querySelector(`[data-error="${part}"]`);
    tell(place, "");
    const wrong = [];
    for (const file of files) {
      try {
        await holding(this.draft.key, () => this.take(part, file));
      } catch (error) {
        wrong.push(text("file_refused", { name: file.name, why: sayError(error) }));
      }
    }
    tell(place, wrong.join(" "));
    await this.sweep();
  }

  async take(part, file) {
    const { files } = this.draft.state;
    if (!isPlain(file.name)) throw new Refusal("sealed.header_file_name");
    const others = PARTS.flatMap((one) => files[one].filter(({ name }) => one !== part || name !== file.name));
    const total = others.reduce((sum, { size }) => sum + size, file.size);
    if (total > this.most) throw new Refusal("submission.too_big", { limit: this.most, found: total });
    const id = hex(random(16));
    const handle = await (await folder(this.draft.key, true)).getFileHandle(id, { create: true });
    await file.stream().pipeTo(await handle.createWritable());
    const [{ size, sha256 }] = await this.worker.run({ type: "hash", files: [await handle.getFile()] });
    const old = files[part].filter(({ name }) => name === file.name);
    const put = (rows) => this.draft.edit((state) => {
      state.files[part] = [...state.files[part].filter(({ name }) => name !== file.name), ...rows];
    });
    try {
      await put([{ id, name: file.name, size, sha256 }]);
    } catch (error) {
      // A file that was said not to be added must not turn up once there is room again; that it waits `put` has told.
      put(old).catch(() => {});
      throw error;
    } finally {
      this.show();
      this.changed();
    }
  }

  async remove(part, id) {
    await this.draft.edit((state) => { state.files[part] = state.files[part].filter((one) => one.id !== id); });
    await this.sweep();
    this.show();
    this.changed();
    document.querySelector(`[data-choose="${part}"]`).focus();
  }

  /** Throws away the files that the draft does not name: removed ones, halves of copies. Not now if a tab works with files. */
  async sweep() {
    const { key } = this.draft;
    await navigator.locks.request(lockOf(key), { ifAvailable: true }, async (held) => {
      if (held === null) return;
      const kept = await get("drafts", key);
      const named = new Set(PARTS.flatMap((part) => [...(kept?.files[part] ?? []), ...this.draft.state.files[part]]).map(({ id }) => id));
      try {
        const place = await folder(key);
        for await (const name of place.keys()) if (!named.has(name)) await place.removeEntry(name);
      } catch (error) {
        if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
      }
    });
  }

  show() {
    for (const part of PARTS) {
      const rows = this.draft.state.files[part].map((file) => this.row(part, file));
      document.querySelector(`[data-files="${part}"]`).replaceChildren(...rows);
    }
  }

  row(part, { id, name, size, sha256 }) {
    const row = copy("file-row");
    row.querySelector("[data-name]").textContent = name;
    row.querySelector("[data-size]").textContent = bytes(size);
    row.querySelector("[data-hash]").textContent = sha256;
    const button = row.querySelector("[data-remove]");
    button.setAttribute("aria-label", text("remove", { name }));
    button.addEventListener("click", () => {
      this.remove(part, id).catch((error) => tell(document.querySelector(`[data-error="${part}"]`), sayError(error)));
    });
    return row;
  }

  /** @param {string} part @returns {Promise<File[]>} in the order of the header's @param {string[]} hashes of the signed header */
  async inOrder(part, hashes) {
    return Promise.all(hashes.map(({ name }) => {
      const kept = this.draft.state.files[part].find((one) => one.name === name);
      if (!kept) throw new Refusal("bid.no_such_file", { file: name });
      return fileOf(this.draft.key, kept.id);
    }));
  }
}

