/**
 * The line to a hall (docs/formats/live.md): a ticket, a websocket, and after every break the same again, going on
 * behind the last message. Each numbered message is handed on once and in order.
 */

const PATIENCE = [500, 1000, 2000, 4000, 8000, 15000, 30000]; // ms before the next try, half of it drawn by lot
const STALE = new Set(["live.ahead", "live.malformed"]);
const SETTLED = 10000; // ms: a page that is stale as it comes would only come again and again
const POLICY = 1008; // this client did something wrong: asking at once would not help

/**
 * @typedef {object} Options
 * @property {string} socket the live process's address, ws: or wss:
 * @property {string} ticket where a ticket is asked for
 * @property {number} version of the protocol
 * @property {number} last the number of the last message that the page has
 * @property {(frame: {now: string, head: number}) => void} hello
 * @property {(message: {n: number, kind: string}) => void} message
 * @property {(frame: any) => void} state
 * @property {(frame: any) => void} staff
 * @property {(how: "connecting" | "live" | "lost" | "refused") => void} turned
 */

export class Line {
  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    this.last = options.last;
    this.tries = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
  }

  /** Connects, and stays connected. */
  async open() {
    if (this.tries === 0) {
      this.options.turned("connecting");
    }
    let ticket = "";
    try {
      ticket = await this.ask();
    } catch {
      this.again("lost");
      return;
    }
    const socket = new WebSocket(this.options.socket);
    this.socket = socket;
    socket.addEventListener("open", () => {
      socket.send(JSON.stringify({ type: "watch", v: this.options.version, ticket, last: this.last }));
    });
    socket.addEventListener("message", (event) => this.take(socket, JSON.parse(event.data)));
    socket.addEventListener("close", (event) => {
      if (this.socket === socket) {
        this.closed(event);
      }
    });
  }

  /** @returns {Promise<string>} a new ticket */
  async ask() {
    const answer = await fetch(this.options.ticket, { method: "POST", cache: "no-store", credentials: "same-origin" });
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    return (await answer.json()).ticket;
  }

  /**
   * @param {WebSocket} socket
   * @param {any} frame
   */
  take(socket, frame) {
    if (frame.type === "hello") {
      this.tries = 0;
      this.options.turned("live");
      this.options.hello(frame);
    } else if (frame.type === "said") {
      this.said(socket, frame.messages);
    } else if (frame.type === "state") {
      this.options.state(frame);
    } else if (frame.type === "staff") {
      this.options.staff(frame);
    }
  }

  /**
   * @param {WebSocket} socket
   * @param {{n: number, kind: string}[]} messages
   */
  said(socket, messages) {
    for (const message of messages) {
      if (message.n === this.last + 1) {
        this.last = message.n;
        this.options.message(message);
      } else if (message.n > this.last) {
        // Something is missing, which cannot be: ask for it anew rather than show a hall with a hole.
        socket.close(1000);
        return;
      }
    }
  }

  /** @param {CloseEvent} event */
  closed(event) {
    if (event.code === POLICY && STALE.has(event.reason) && performance.now() > SETTLED) {
      // The page was made from another ledger or by another version, and has to be made anew.
      window.location.reload();
      return;
    }
    this.again(event.code === POLICY && this.tries > 2 ? "refused" : "lost");
  }

  /** @param {"lost" | "refused"} how */
  again(how) {
    this.options.turned(how);
    const most = PATIENCE[Math.min(this.tries, PATIENCE.length - 1)];
    this.tries += 1;
    // Drawn by lot, so that a hall full of readers does not come back in one moment.
    window.setTimeout(() => this.open(), most / 2 + Math.random() * (most / 2));
  }
}
