/**
 * The page's side of the sealing worker. A page that lets somebody bid
 * - checks the key sets of both parts and shows whose keys they are (`trust.js`, `keyset.js`: `summary`),
 * - orders `hash` of the files, makes headers and statement (`statement.js`), and has it signed by the parties,
 * - orders `seal` of each part, keeps what comes back (`store.js`), sends the ciphertexts (`folder.js`) to the box,
 * - signs and sends the submission (`bid.js`) with the bid key and the ticket (`tickets.js`, `secret.js`).
 */
import { Refusal } from "./refusal.js";

/** Something broke that is no refusal: a full disk (`QuotaExceededError`), a fault of ours. */
export class WorkerFault extends Error {
  /** @param {string} name of what was thrown */
  constructor(name) {
    super(name);
    this.name = name;
  }
}

export class SealingWorker {
  constructor() {
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.orders = new Map();
    this.last = 0;
    this.worker.addEventListener("message", ({ data }) => this.settle(data));
    this.worker.addEventListener("error", () => this.fail(new WorkerFault("WorkerError")));
  }

  /**
   * Gives the worker an order (see worker.js).
   * @param {import("./worker.js").Order} order
   * @param {{signal?: AbortSignal, onProgress?: (done: number, total: number) => unknown}} [how]
   * @returns {Promise<any>} its result; throws `Refusal`, an AbortError, or `WorkerFault`
   */
  run(order, { signal, onProgress } = {}) {
    signal?.throwIfAborted();
    this.last += 1;
    const number = this.last;
    signal?.addEventListener("abort", () => this.worker.postMessage({ number, type: "abort" }), { once: true });
    return new Promise((resolve, reject) => {
      this.orders.set(number, { resolve, reject, onProgress });
      this.worker.postMessage({ number, ...order });
    });
  }

  settle({ number, ...answer }) {
    const order = this.orders.get(number);
    if (order === undefined) return;
    if (answer.type === "progress") {
      order.onProgress?.(answer.done, answer.total);
      return;
    }
    this.orders.delete(number);
    if (answer.type === "done") order.resolve(answer.result);
    else order.reject(errorOf(answer));
  }

  fail(error) {
    for (const { reject } of this.orders.values()) reject(error);
    this.orders.clear();
  }

  /** Ends the worker; what it was doing is lost. */
  close() {
    this.worker.terminate();
    this.fail(new DOMException("closed", "AbortError"));
  }
}

function errorOf(answer) {
  if (answer.type === "refused") return new Refusal(answer.code, answer.params);
  if (answer.type === "aborted") return new DOMException("aborted", "AbortError");
  return new WorkerFault(answer.name);
}
