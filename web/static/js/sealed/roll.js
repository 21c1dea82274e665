/** The roll: which bids counted. For a bidder's own check that its bid is there (docs/formats/roll.md). */
import { concat } from "./bytes.js";
import { canonical } from "./canonical.js";
import { label, sha256 } from "./digest.js";

/** @typedef {{tender: string, lot: string, submissions: string[]}} Roll hashes in hex, sorted */

/** @param {Roll} roll @returns {Promise<Uint8Array>} the hash by which releases and coins name it */
export const rollSha256 = (roll) => sha256(canonical(roll));

/** @param {Roll} roll @returns {Promise<Uint8Array>} its entry in the log's tree, 81 bytes */
export async function entryOf(roll) {
  const { lot, tender } = roll;
  return concat(label("roll"), await sha256(canonical({ lot, tender })), await rollSha256(roll));
}
