/** What this browser keeps for a bidder: the bidding secret as a key, and how far each bid is. In IndexedDB. */

const NAME = "mingjing";
const VERSION = 1;
const SECRETS = "secrets";
const BIDS = "bids";

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
      request.result.createObjectStore(BIDS);
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

  /** @param {string} tender @param {string} lot @param {number} seq @param {object} state */
  async putBid(tender, lot, seq, state) {
    const transaction = this.database.transaction(BIDS, "readwrite");
    transaction.objectStore(BIDS).put(state, [tender, lot, seq]);
    await done(transaction);
  }

  /** @returns {Promise<object|undefined>} how far one version of a bid is */
  bid(tender, lot, seq) {
    return settled(this.database.transaction(BIDS).objectStore(BIDS).get([tender, lot, seq]));
  }

  /** @returns {Promise<{seq: number, state: object}[]>} all versions of a bid on this machine, by their number */
  async bids(tender, lot) {
    const bids = this.database.transaction(BIDS).objectStore(BIDS);
    const range = IDBKeyRange.bound([tender, lot], [tender, lot, []]);
    const [keys, states] = await Promise.all([settled(bids.getAllKeys(range)), settled(bids.getAll(range))]);
    return keys.map((key, at) => ({ seq: key[2], state: states[at] }));
  }

  /** Forgets one version of a bid. */
  async removeBid(tender, lot, seq) {
    const transaction = this.database.transaction(BIDS, "readwrite");
    transaction.objectStore(BIDS).delete([tender, lot, seq]);
    await done(transaction);
  }

  close() {
    this.database.close();
  }
}
