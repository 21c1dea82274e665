/** A lot's deadline by the server's clock, and the ways from its room to the public pages: hall, result, one's own marks. */
import { countdown } from "../parts/countdown.js";
import { element } from "./kit.js";

const HOUR = 3_600_000;

/**
 * Counts down, and opens the way to the hall in time.
 * @param {import("./lot.js").Lot} lot
 * @param {{now: string, at: number}} clock what the server's clock said, and when on the page's own (`performance.now`)
 */
export function wire(lot, clock) {
  const box = element("countdown").querySelector("[data-countdown]");
  const begin = () => {
    Object.assign(box.dataset, { countdown: lot.data.deadline, now: clock.now });
    countdown(box, clock.at, (left) => show(lot, 1000 * left));
  };
  begin();
  // An addendum may have moved it.
  lot.renewed = () => {
    if (box.dataset.countdown !== lot.data.deadline) begin();
  };
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
