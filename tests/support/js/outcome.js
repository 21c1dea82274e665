/** The checks of the bidder's room, called from a test: a refusal comes back as its code. */
import { before, due, continues, heard, minuteOf, remember } from "/static/js/bid/head.js";
import { fate } from "/static/js/bid/fate.js";
import { forget, put } from "/static/js/bid/keep.js";
import { outcome } from "/static/js/bid/outcome.js";

const CALLS = {
  before: ([party]) => before(party),
  heard: async ([told, trust]) => heard({ before: await before("party-1"), ...told }, trust),
  minute: ([party, minute, told]) => minuteOf(party, minute, told),
  continues: async ([party, tender, lot, events, asked]) => ((await continues(party, tender, lot, events, asked)) ?? "kept"),
  remember: async ([party, receipts, told]) => {
    await put("drafts", [party, "t-1", "lot-1"], { receipts });
    await remember(party, told);
    return "kept";
  },
  forget: async ([party]) => ((await forget(party)) ?? "forgotten"),
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
