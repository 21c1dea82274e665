/** A bid's files: copied into this browser's own file system when they are chosen, hashed there, never sent unsealed. */
import { hex, random } from "../sealed/bytes.js";
import { isPlain } from "../sealed/header.js";
import { Refusal } from "../sealed/refusal.js";
import { bytes, copy, sayError, tell, text } from "./kit.js";
import { PARTS } from "./known.js";

const TOP = "drafts";

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
        await this.take(part, file);
      } catch (error) {
        wrong.push(text("file_refused", { name: file.name, why: sayError(error) }));
      }
    }
    tell(place, wrong.join(" "));
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
    const old = files[part].find(({ name }) => name === file.name);
    await this.draft.edit((state) => {
      state.files[part] = [...state.files[part].filter(({ name }) => name !== file.name), { id, name: file.name, size, sha256 }];
    });
    if (old) await this.forget(old.id);
    this.show();
    this.changed();
  }

  async remove(part, id) {
    await this.draft.edit((state) => { state.files[part] = state.files[part].filter((one) => one.id !== id); });
    await this.forget(id);
    this.show();
    this.changed();
    document.querySelector(`[data-choose="${part}"]`).focus();
  }

  async forget(id) {
    try {
      await (await folder(this.draft.key)).removeEntry(id);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
    }
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

