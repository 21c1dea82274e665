/** Postponements: the time that is in force for a key set (docs/formats/sealing.md §2). */
import { hex } from "./bytes.js";
import { canonical } from "./canonical.js";

/**
 * @param {import("./keyset.js").Keyset} keyset
 * @param {string[]} kids of all parts of the lot, hex, sorted
 * @param {{custodian: string, object: {kids: string[], not_before: string, addendum: string}}[]} signed before the
 *   roll, signatures already verified, in any order
 * @returns {string} the latest of its own time and those that n − t + 1 custodians of the set signed alike
 */
export function inForce(keyset, kids, signed) {
  const own = keyset.json.conditions.not_before;
  const wanted = hex(canonical(kids));
  const signers = new Map();
  for (const { custodian, object } of signed) {
    if (!keyset.ids.includes(custodian) || hex(canonical(object.kids)) !== wanted) continue;
    const told = hex(canonical(object));
    signers.set(told, { object, by: (signers.get(told)?.by ?? new Set()).add(custodian) });
  }
  const enough = [...signers.values()].filter(({ by }) => by.size >= keyset.n - keyset.t + 1);
  return [own, ...enough.map(({ object }) => object.not_before)].sort().at(-1);
}
