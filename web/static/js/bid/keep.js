/**
 * What this browser keeps of a bidder's work, in IndexedDB: drafts, tickets, pages of lots, the trust file.
 *
 * Everything but the trust file and the head of its log, which are nobody's, is kept under the organisation's id: two
 * organisations at one machine never see each other's.
 */
const NAME = "mingjing-room";
const VERSION = 1;
const STORES = ["drafts", "tickets", "pages", "trust"];

let opening = null;

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const settled = (request) =>
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
      found.addEventListener("versionchange", () => {
        found.close();
        opening = null;
      });
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
  await written(store, (place) => place.put(value, key));
}

/**
 * Changes what is kept, whichever tab put it there: read, changed and put in one transaction, which no other tab's comes between.
 * @template T
 * @param {string} store @param {string[]} key
 * @param {(found: T|undefined) => T} change must not wait for anything; what it throws leaves all as it was
 * @returns {Promise<T>} what is kept now
 */
export async function update(store, key, change) {
  let kept;
  await written(store, (place, stop) => {
    const asked = place.get(key);
    asked.addEventListener("success", () => {
      try {
        kept = change(asked.result);
        place.put(kept, key);
      } catch (error) {
        stop(error);
      }
    });
  });
  return kept;
}

// A transaction that is over when this resolves; `what` may `stop` it with a reason.
async function written(store, what) {
  const transaction = (await database()).transaction(store, "readwrite", { durability: "strict" });
  let why = null;
  const stop = (error) => {
    why = error;
    transaction.abort();
  };
  what(transaction.objectStore(store), stop);
  await new Promise((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", () => reject(why ?? transaction.error));
  });
}

/** Forgets all that is kept of an organisation; the trust file and the log's head, which are nobody's, stay. @param {string} party */
export async function forget(party) {
  for (const store of STORES) await written(store, (place) => place.delete(ofParty(party)));
}

const ofParty = (party) => IDBKeyRange.bound([party], [party, []]);

/** @param {string} store @param {string} party @returns {Promise<{key: string[], value: any}[]>} all of an organisation's */
export async function all(store, party) {
  const found = (await database()).transaction(store).objectStore(store);
  const range = ofParty(party);
  const [keys, values] = await Promise.all([settled(found.getAllKeys(range)), settled(found.getAll(range))]);
  return keys.map((key, at) => ({ key, value: values[at] }));
}
