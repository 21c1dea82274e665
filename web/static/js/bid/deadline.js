/** A lot's deadline by the server's clock, and the ways from its room to the public pages: hall, result, one's own marks. */
import { countdown } from "../parts/countdown.js";
import { alarm, clock as beijing, element, text } from "./kit.js";

const HOUR = 3_600_000;

/**
 * The deadline that counts: what the office says beside it counts for nothing.
 * @param {{deadline: string}} data the office's word
 * @param {import("./known.js").Known} known what is proved
 * @returns {string} as proved; where the office says otherwise that is an alarm
 */
export function inForce(data, known) {
  const differs = Date.parse(data.deadline) !== Date.parse(known.deadline);
  if (differs) alarm(text("alarm.deadline", { said: beijing(data.deadline), proved: beijing(known.deadline) }));
  return known.deadline;
}

/**
 * Counts down, and opens the way to the hall in time.
 * @param {import("./lot.js").Lot} lot
 * @param {{now: string, at: number}} clock what the server's clock said, and when on the page's own (`performance.now`)
 */
export function wire(lot, clock) {
  const box = element("countdown").querySelector("[data-countdown]");
  const begin = () => {
    Object.assign(box.dataset, { countdown: lot.deadline, now: clock.now });
    const time = box.querySelector("time");
    const other = Date.parse(time.dateTime) !== Date.parse(lot.deadline);
    if (other) Object.assign(time, { dateTime: lot.deadline, textContent: beijing(lot.deadline) });
    countdown(box, clock.at, (left) => show(lot, 1000 * left));
  };
  // An addendum may have moved it, or its proof may have come.
  lot.renewed = () => {
    element("unproved").hidden = lot.known !== null;
    if (box.dataset.countdown !== lot.deadline) begin();
  };
  begin();
  lot.renewed();
}

function show({ data, bidKey }, left) {
  const result = Object.keys(data.results).length > 0;
  const mine = bidKey !== undefined && Object.hasOwn(data.results, bidKey);
  element("past").hidden = left > 0 || result;
  element("to-hall").hidden = left > HOUR;
  element("to-result").hidden = !result;
  element("to-why").hidden = !mine;
  if (mine) element("to-why").querySelector("a").href = `/tenders/${data.tender}/lots/${data.lot}/bids/${bidKey}${element("to-result").querySelector("a").search}`;
}
