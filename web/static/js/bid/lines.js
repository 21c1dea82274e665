/**
 * The browser's two lines: to the office with the account, to the box with the bid key. They share nothing.
 *
 * The box gets no cookie, no referrer, and no time but its own.
 */
import { canonical } from "../sealed/canonical.js";
import { requestHeaders } from "../sealed/bid.js";
import { Refusal } from "../sealed/refusal.js";

export const FIRST_PIECE = 1 << 20;
export const MAX_PIECE = 8 << 20;
const TRIES = 8;
const WAITED = 600;
const LONGEST_PAUSE = 60;
// `request.replayed`: a browser itself sends a request once more when a kept connection breaks under it.
const UNREACHED = new Set([
  "http.unreachable", "http.too_slow", "request.out_of_time", "request.replayed", "upload.cut", "upload.offset", "upload.superseded",
]);
const BUSY = new Set(["http.rate", "http.crowded", "http.busy"]);
const TUS = { "Tus-Resumable": "1.0.0" };
// What an answer without a body means: a browser shows none for HEAD.
const BARE = { 404: "upload.unknown", 408: "http.too_slow", 429: "http.rate", 503: "http.crowded" };

/** @param {number} ms @param {AbortSignal} [signal] @returns {Promise<void>} */
export function pause(ms, signal) {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}

/** What `ask` gives, asked again as long as a busy server says when. */
async function politely(ask, { signal, onWait = () => {} }) {
  for (let waited = 0; ; ) {
    try {
      return await ask();
    } catch (error) {
      const seconds = error instanceof Refusal && BUSY.has(error.code) ? Number(error.params.seconds) : Number.NaN;
      if (!(seconds >= 0) || waited >= WAITED) throw error;
      // A number is the server's word: it may not let anybody sleep past a deadline.
      const wait = Math.max(1, Math.min(seconds, LONGEST_PAUSE, WAITED - waited));
      onWait(wait);
      await pause(1000 * wait, signal);
      waited += wait;
    }
  }
}

/** What `ask` gives, asked again where the line failed: whatever is asked this way may arrive twice. */
async function patiently(ask, how, before = () => {}) {
  for (let failed = 1; ; failed += 1) {
    try {
      return await politely(ask, how);
    } catch (error) {
      if (!(error instanceof Refusal) || !UNREACHED.has(error.code) || failed >= TRIES) throw error;
      how.onWait?.(failed);
      await pause(Math.min(500 * 2 ** failed, 15_000), how.signal);
      before();
    }
  }
}

async function asked(address, options) {
  try {
    return await fetch(address, { referrerPolicy: "no-referrer", cache: "no-store", ...options });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof TypeError) throw new Refusal("http.unreachable", { address: new URL(address, location.href).origin });
    throw error;
  }
}

async function checked(answer) {
  if (answer.ok) return answer;
  const seconds = Number(answer.headers.get("Retry-After") ?? Number.NaN);
  let error = null;
  try {
    ({ error } = await answer.json());
  } catch (why) {
    if (!(why instanceof SyntaxError || why instanceof TypeError)) throw why;
  }
  const code = error?.code ?? BARE[answer.status] ?? "http.unreachable";
  throw new Refusal(code, { ...(Number.isNaN(seconds) ? {} : { seconds }), ...(error?.params ?? { address: new URL(answer.url).origin }) });
}

/**
 * Asks the office with this page's session.
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @param {{signal?: AbortSignal}} [how]
 * @returns {Promise<any>} its JSON; refuses as the office does
 */
export async function office(method, path, body, how = {}) {
  const options = { method, credentials: "same-origin", signal: how.signal };
  if (body !== undefined) Object.assign(options, { body: canonical(body), headers: { "Content-Type": "application/json" } });
  const answer = await patiently(async () => checked(await asked(path, options)), how);
  // Who is no longer signed in is sent to the page for that.
  if (answer.redirected) throw new Refusal("auth.missing");
  return answer.json();
}

/** Requests signed by one bid key (docs/formats/box.md). */
export class Box {
  /**
   * @param {string} url its origin
   * @param {import("../sealed/curves.js").Signer} signer the bid key
   * @param {{tender: string, lot: string, ticket?: object, signal?: AbortSignal, onWait?: (seconds: number) => void}} about
   */
  constructor(url, signer, { tender, lot, ticket, ...how }) {
    Object.assign(this, { url, signer, tender, lot, ticket, how, date: "" });
  }

  /** One request, signed anew each time it is asked; `ticket`: whether it goes along. */
  async ask(method, path, { body, headers = {}, ticket = false } = {}) {
    return politely(() => this.once(method, path, { body, headers, ticket }), this.how);
  }

  async once(method, path, { body, headers, ticket }) {
    if (this.date === "") this.note(await asked(`${this.url}/box/time`, { credentials: "omit", signal: this.how.signal }));
    if (this.date === "") throw new Refusal("client.no_date");
    const held = ticket ? { tender: this.tender, lot: this.lot, ticket: this.ticket } : undefined;
    const signed = await requestHeaders(this.signer, { method, path, body, date: this.date }, held);
    const options = { method, headers: { ...headers, ...signed }, credentials: "omit", signal: this.how.signal };
    if (body !== undefined) options.body = body;
    const answer = await asked(this.url + path, options);
    this.note(answer);
    return checked(answer);
  }

  note(answer) {
    this.date = answer.headers.get("Date") ?? this.date;
  }

  /** Asks again where the line failed. */
  async again(method, path, more) {
    return patiently(() => this.ask(method, path, more), { ...this.how }, () => { this.date = ""; });
  }

  /** @returns {Promise<{kind: string, sha256: string, seq: number, stale: boolean, message: object, receipt: object}[]>} */
  async own() {
    return (await (await this.again("GET", `/box/bids/${this.tender}/${this.lot}`)).json()).accepted;
  }

  /** @param {"submissions"|"withdrawals"} what @param {object} envelope @returns {Promise<object>} the receipt's envelope */
  async hand(what, envelope) {
    const headers = { "Content-Type": "application/json" };
    return (await (await this.again("POST", `/box/${what}`, { body: canonical(envelope), headers })).json()).receipt;
  }

  /** @param {"enquiries"|"objections"|"explanations"} what @param {object} body @param {boolean} ticket @returns {Promise<{id: string, at: string}>} */
  async letter(what, body, ticket) {
    const headers = { "Content-Type": "application/json" };
    const hand = async () => (await this.ask("POST", `/box/${what}`, { body: canonical(body), headers, ticket })).json();
    try {
      // Whoever writes is told at once that the line is down, and decides; the same words sent twice stand once.
      return await hand();
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "request.replayed") throw error;
      return hand();
    }
  }

  /**
   * Sends a ciphertext in pieces, going on where a cut line, a closed laptop or a reload left it (tus 1.0).
   * @param {Blob} file
   * @param {string} sha256 of it, hex
   * @param {(offset: number) => void} onOffset what the box has of it
   */
  async upload(file, sha256, onOffset) {
    const headers = { ...TUS, "Upload-Length": String(file.size), "Upload-Metadata": `sha256 ${btoa(sha256)}` };
    const made = await this.again("POST", "/box/uploads", { headers, ticket: true });
    const place = new URL(made.headers.get("Location"), this.url).pathname;
    let offset = Number(made.headers.get("Upload-Offset") ?? 0);
    onOffset(offset);
    for (let [size, failed] = [FIRST_PIECE, 0]; offset < file.size; onOffset(offset)) {
      try {
        offset = await this.piece(place, file, offset, size);
        [size, failed] = [Math.min(2 * size, MAX_PIECE), 0];
      } catch (error) {
        failed += 1;
        if (!(error instanceof Refusal) || !UNREACHED.has(error.code) || failed >= TRIES) throw error;
        this.how.onWait?.(failed);
        await pause(Math.min(500 * 2 ** failed, 15_000), this.how.signal);
        this.date = "";
        offset = await this.reached(place);
        size = FIRST_PIECE;
      }
    }
  }

  async piece(place, file, offset, size) {
    const body = new Uint8Array(await file.slice(offset, offset + size).arrayBuffer());
    const headers = { ...TUS, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
    return Number((await this.ask("PATCH", place, { body, headers })).headers.get("Upload-Offset"));
  }

  async reached(place) {
    return Number((await this.again("HEAD", place, { headers: TUS })).headers.get("Upload-Offset"));
  }
}
