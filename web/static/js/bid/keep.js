/**
 * What this browser keeps of a bidder's work, in IndexedDB: drafts, tickets, pages of lots, the trust file.
 *
 * Everything is kept under the organisation's id: two organisations at one machine never see each other's.
 */
const NAME = "mingjing-room";
const VERSION = 1;
const STORES = ["drafts", "tickets", "pages", "trust"];

let opening = null;

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
export const settled = (request) =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });

function database() {
  if (opening === null) {
    const request = indexedDB.open(NAME, VERSION);
    request.addEventListener("upgradeneeded", () => STORES.forEach((name) => request.result.createObjectStore(name)));
    opening = settled(request).then((found) => {
      // Another tab with a newer page wants to change the shape: it must not wait for this one.
      found.addEventListener("versionchange", () => found.close());
      return found;
    });
  }
  return opening;
}

/** @param {string} store @param {string[]} key @returns {Promise<any>} undefined if there is nothing */
export async function get(store, key) {
  return settled((await database()).transaction(store).objectStore(store).get(key));
}

/** Kept when this resolves, also if the machine goes off then. @param {string} store @param {string[]} key @param {any} value */
export async function put(store, key, value) {
  const transaction = (await database()).transaction(store, "readwrite", { durability: "strict" });
  transaction.objectStore(store).put(value, key);
  await new Promise((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", () => reject(transaction.error));
  });
}

/** @param {string} store @param {string} party @returns {Promise<{key: string[], value: any}[]>} all of an organisation's */
export async function all(store, party) {
  const found = (await database()).transaction(store).objectStore(store);
  const range = IDBKeyRange.bound([party], [party, []]);
  const [keys, values] = await Promise.all([settled(found.getAllKeys(range)), settled(found.getAll(range))]);
  return keys.map((key, at) => ({ key, value: values[at] }));
}
