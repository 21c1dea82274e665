/** What this browser keeps for a bidder: the bidding secret as a key, in IndexedDB. */

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
    transaction.addEventListener("abort", () => reject(transaction.error));
  });
}

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

  /** @param {string} party @param {import("./secret.js").BiddingSecret} secret never overwrites one that is there */
  async addSecret(party, secret) {
    const transaction = this.database.transaction(SECRETS, "readwrite");
    transaction.objectStore(SECRETS).add(secret, party);
    await done(transaction);
  }

  /** @param {string} party @returns {Promise<import("./secret.js").BiddingSecret|undefined>} */
  secret(party) {
    return settled(this.database.transaction(SECRETS).objectStore(SECRETS).get(party));
  }

  /** Forgets a secret, for instance on a machine that is given away. @param {string} party */
  async removeSecret(party) {
    const transaction = this.database.transaction(SECRETS, "readwrite");
    transaction.objectStore(SECRETS).delete(party);
    await done(transaction);
  }

  close() {
    this.database.close();
  }
}
