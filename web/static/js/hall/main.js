/**
 * The opening hall: takes the page that the server made as it stands, and goes on from the last message in it.
 *
 * `#hall` gets an event `hall:message` after each message has found its place, with the message as `detail`; with it
 * `own.js` marks a bidder's rows, by what never leaves its browser, and shows the form for objections.
 */

import { Board } from "./board.js";
import { Clock } from "./clock.js";
import { Line } from "./line.js";
import { owe } from "./owed.js";
import { Reader } from "./reader.js";
import { Sound } from "./sound.js";
import { word } from "./rows.js";

const hall = document.querySelector("[data-hall]");
if (hall instanceof HTMLElement && hall.dataset.socket) {
  begin(hall);
}

/** @param {HTMLElement} root the hall's element, with its addresses in data attributes */
function begin(root) {
  const clock = new Clock(root);
  const sound = new Sound(root.querySelector("[data-sound]"), word(root, "hall.sound"), word(root, "hall.sound.on"));
  const board = new Board(root, clock, sound);
  const reader = new Reader((message) => {
    board.tell(message);
    root.dispatchEvent(new CustomEvent("hall:message", { detail: message }));
  });
  const said = root.querySelector("[data-line]");
  const line = new Line({
    socket: String(root.dataset.socket),
    ticket: String(root.dataset.ticket),
    version: Number(root.dataset.version),
    last: Number(root.dataset.last),
    hello: (frame) => {
      clock.set(frame.now);
      reader.missed(frame.head);
    },
    message: (message) => reader.take(message),
    state: (frame) => {
      clock.set(frame.now);
      board.stand(frame);
    },
    staff: (frame) => owe(root, frame),
    turned: (how) => {
      root.dataset.connection = how;
      if (said !== null) {
        said.textContent = word(root, `hall.line.${how}`);
      }
    },
  });
  line.open();
  // Everybody's browser fetches this, once the page stands: what is fetched must not tell who bids.
  import("./own.js").then(({ own }) => own(root, clock)).catch((error) => console.error(error));
}
