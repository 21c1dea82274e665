/** Randomness: alpha from the contributions, and the coefficients drawn from it (docs/formats/sealing.md §7). */
import { fr, toNumber, utf8 } from "./bytes.js";
import { canonical } from "./canonical.js";
import { hmac, sha256 } from "./digest.js";

/**
 * @param {{tender: string, lot: string, part: string}} purpose
 * @param {object} roll
 * @param {Record<string, Uint8Array>} values by party; of a void contribution 32 zero bytes
 * @returns {Promise<Uint8Array>} alpha, 32 bytes
 */
export async function alpha(purpose, roll, values) {
  const parties = Object.keys(values).sort();
  const said = parties.flatMap((party) => [utf8(party), values[party]]);
  return sha256(fr(utf8("mingjing/coin/v1"), canonical(purpose), await sha256(canonical(roll)), ...said));
}

/**
 * @param {Uint8Array} drawn alpha
 * @param {string} lot
 * @param {string} name of the coefficient
 * @param {number} count of the values in its list
 * @returns {Promise<number>} which of them, from 0, each as likely as the others
 */
export async function index(drawn, lot, name, count) {
  const many = BigInt(count);
  const limit = many * (2n ** 128n / many);
  for (let c = 0; ; c += 1) {
    const x = toNumber((await hmac("SHA-256", drawn, canonical({ c, lot, name }))).slice(0, 16));
    if (x < limit) return Number(x % many);
  }
}

/** @returns {Promise<string>} the value that a coefficient takes */
export const coefficient = async (drawn, lot, name, values) => values[await index(drawn, lot, name, values.length)];
