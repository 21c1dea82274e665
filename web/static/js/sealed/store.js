/**
 * The one door to the secrets that this browser keeps, in IndexedDB: under an organisation's id its bidding secret as a key
 * that no script can read out; under a login the 32 bytes that signing up made, until their backup words are written down.
 */

const NAME = "mingjing";
const VERSION = 1;
const SECRETS = "secrets";

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

function done(transaction) {
  return new Promise((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    // What goes wrong with a request aborts its transaction, and only then is it the transaction's error.
    transaction.addEventListener("abort", () => reject(transaction.error));
  });
}

/** @typedef {import("./secret.js").BiddingSecret|Uint8Array} Kept */

export class Store {
  /** @param {IDBDatabase} database */
  constructor(database) {
    this.database = database;
    // Another tab with a newer page wants to change the shape: it must not wait for this one.
    database.addEventListener("versionchange", () => database.close());
  }

  /** @param {string} [name] another one for tests @returns {Promise<Store>} */
  static async open(name = NAME) {
    const request = indexedDB.open(name, VERSION);
    request.addEventListener("upgradeneeded", () => {
      request.result.createObjectStore(SECRETS);
    });
    return new Store(await settled(request));
  }

  /**
   * Opens the door, and shuts it whatever happens.
   * @template T
   * @param {(store: Store) => Promise<T>} what
   * @returns {Promise<T>}
   */
  static async with(what) {
    const store = await Store.open();
    try {
      return await what(store);
    } finally {
      store.close();
    }
  }

  async written(change) {
    const transaction = this.database.transaction(SECRETS, "readwrite");
    change(transaction.objectStore(SECRETS));
    await done(transaction);
  }

  /** @param {string} owner party or login @param {Kept} secret never overwrites one that is there (ConstraintError) */
  addSecret(owner, secret) {
    return this.written((place) => place.add(secret, owner));
  }

  /** @param {string} owner @param {Kept} secret in the place of one that may be there: the caller has asked */
  putSecret(owner, secret) {
    return this.written((place) => place.put(secret, owner));
  }

  /** @param {string} owner @returns {Promise<Kept|undefined>} */
  secret(owner) {
    return settled(this.database.transaction(SECRETS).objectStore(SECRETS).get(owner));
  }

  /** @returns {Promise<{owner: string, kept: Kept}[]>} every secret, those of signing up among them */
  async all() {
    const place = this.database.transaction(SECRETS).objectStore(SECRETS);
    const [owners, values] = await Promise.all([settled(place.getAllKeys()), settled(place.getAll())]);
    return values.map((kept, at) => ({ owner: String(owners[at]), kept }));
  }

  /** @returns {Promise<{login: string, bytes: Uint8Array}[]>} what lies here readable: secrets of signing up */
  async readable() {
    const found = (await this.all()).filter(({ kept }) => kept instanceof Uint8Array && kept.length === 32);
    return found.map(({ owner, kept }) => ({ login: owner, bytes: kept }));
  }

  /** Forgets a secret, for instance on a machine that is given away. @param {string} owner */
  removeSecret(owner) {
    return this.written((place) => place.delete(owner));
  }

  close() {
    this.database.close();
  }
}
