/** Where ciphertexts lie until the box has them: the browser's own file system (OPFS), a folder for each version. */

const TOP = "sealed";

/** @param {string[]} path ids @param {boolean} [create] @returns {Promise<FileSystemDirectoryHandle>} */
export async function folder(path, create = false) {
  let found = await navigator.storage.getDirectory();
  for (const name of [TOP, ...path]) found = await found.getDirectoryHandle(name, { create });
  return found;
}

/** @param {string[]} path @param {string} name @returns {Promise<File>} a ciphertext that was sealed there */
export async function file(path, name) {
  return (await (await folder(path)).getFileHandle(name)).getFile();
}

/** Removes a version's ciphertexts; it is no error if there are none. @param {string[]} path */
export async function remove(path) {
  await existing(async () => (await folder(path.slice(0, -1))).removeEntry(path.at(-1), { recursive: true }));
}

/**
 * Removes single files of a version; it is no error if they are not there.
 * @param {string[]} path
 * @param {string[]} names
 */
export async function removeFiles(path, names) {
  for (const name of names) await existing(async () => (await folder(path)).removeEntry(name));
}

async function existing(act) {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
  }
}

/**
 * Writes a file piece by piece; in a worker only, where the browser allows it.
 * @param {string[]} path
 * @param {string} name
 * @param {(write: (piece: Uint8Array) => void) => Promise<T>} fill
 * @returns {Promise<T>} what `fill` gives; if it fails, the file is worth nothing
 * @template T
 */
export async function write(path, name, fill) {
  const parent = await folder(path, true);
  const access = await (await parent.getFileHandle(name, { create: true })).createSyncAccessHandle();
  let at = 0;
  try {
    access.truncate(0);
    const made = await fill((piece) => {
      // A full disk either throws or writes less.
      if (access.write(piece, { at }) !== piece.length) throw new DOMException("short write", "QuotaExceededError");
      at += piece.length;
    });
    access.flush();
    return made;
  } finally {
    access.close();
  }
}
