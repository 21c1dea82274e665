/** The checks of the bidder's room, called from a test: a refusal comes back as its code. */
import { due, continues, heard, minuteOf } from "/static/js/bid/head.js";
import { fate } from "/static/js/bid/fate.js";
import { outcome } from "/static/js/bid/outcome.js";

const CALLS = {
  heard: ([told, trust]) => heard(told, trust),
  minute: ([minute, told]) => minuteOf(minute, told),
  continues: async ([tender, lot, events]) => ((await continues(tender, lot, events)) ?? "kept"),
  outcome: ([data, deadline, trust]) => outcome(data, deadline, trust),
  fate: async ([about, data, deadline, trust]) => {
    const found = await outcome(data, deadline, trust);
    return fate({ ...about, data, outcome: found, due: (minute) => due(minute, { interval: 60_000, grace: 120_000 }) });
  },
};

/** @param {string} name @param {any[]} given @returns {Promise<{value: any}|{code: string}>} */
export async function call(name, given) {
  try {
    return { value: await CALLS[name](given) };
  } catch (error) {
    if (!error.code) throw error;
    return { code: error.code };
  }
}
