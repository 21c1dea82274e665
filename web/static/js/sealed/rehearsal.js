/** Rehearsals: the whole way of a seal with throw-away keys (docs/formats/sealing.md §8). */
import { parse as parseKeyset, REHEARSAL, REHEARSAL_TENDER } from "./keyset.js";

/**
 * A rehearsal's key set.
 * @param {string} nonce an id made for this one
 * @param {string} part
 * @param {number} t
 * @param {Record<string, string>} keys throw-away X25519 keys by custodian, hex
 * @param {string} at when it is made
 * @returns {Promise<import("./keyset.js").Keyset>}
 */
export function build(nonce, part, t, keys, at) {
  const custodians = Object.keys(keys)
    .sort()
    .map((id) => ({ id, public_key: keys[id] }));
  const purpose = { tender: REHEARSAL_TENDER, lot: nonce, part };
  const conditions = { not_before: at, after: [], min_bids: 0 };
  return parse({ suite: REHEARSAL, purpose, t, custodians, conditions });
}

/** @param {unknown} value @returns {Promise<import("./keyset.js").Keyset>} a rehearsal's; refuses a real one */
export const parse = (value) => parseKeyset(value, REHEARSAL);
