/** Unified social credit codes (GB 32100-2015), as `bidding/parties.py` checks them. */
import { Refusal } from "../sealed/refusal.js";

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const CODE = /^[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}$/;

/** @param {string} typed @returns {string} as it is registered: half-width, in capitals, without spaces */
export const tidyUscc = (typed) => typed.normalize("NFKC").replaceAll(/\s/g, "").toUpperCase();

/** @param {unknown} value @returns {string} it; refuses with `uscc.malformed`, `uscc.check_digit` */
export function checkUscc(value) {
  if (typeof value !== "string" || !CODE.test(value)) throw new Refusal("uscc.malformed", { field: "uscc" });
  let [sum, weight] = [0, 1];
  for (const letter of value.slice(0, 17)) {
    sum += ALPHABET.indexOf(letter) * weight;
    weight = (weight * 3) % 31;
  }
  const wanted = ALPHABET[(31 - (sum % 31)) % 31];
  if (value[17] !== wanted) throw new Refusal("uscc.check_digit", { field: "uscc", found: value[17], wanted });
  return value;
}
