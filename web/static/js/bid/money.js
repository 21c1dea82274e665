/** Amounts as people read them: grouped digits, and the numerals in which it is written out on paper. */

const COUNT = 19;
const PLAIN = /^(0|[1-9][0-9]{0,12})(?:\.([0-9]{1,2}))?$/;
/** @param {string} spelled a plain decimal of yuan @returns {bigint|null} fen; null if it is none */
export function fen(spelled) {
  const found = PLAIN.exec(spelled);
  return found ? BigInt(found[1]) * 100n + BigInt((found[2] ?? "").padEnd(2, "0")) : null;
}

/** @param {bigint} amount fen @returns {string} `12980000.50` */
export const yuan = (amount) => `${amount / 100n}.${String(amount % 100n).padStart(2, "0")}`;

/** @param {bigint} amount fen @returns {string} `12,980,000.50` */
export const grouped = (amount) => yuan(amount).replace(/\B(?=(\d{3})+(?=\.))/g, ",");

/**
 * An amount written out by the rules for bills (Payment and Settlement Measures, annex 1).
 * @param {bigint} amount fen, below 10^15
 * @param {string} numerals of the page's language: ten digits; ten, hundred, thousand; ten thousand, a hundred million;
 *   yuan, jiao, fen, "exactly". A language that writes no amounts out has fewer.
 * @returns {string} empty in such a language
 */
export function written(amount, numerals) {
  if (numerals.length !== COUNT) return "";
  const [digits, places, groups] = [numerals.slice(0, 10), ["", ...numerals.slice(10, 13)], numerals.slice(13, 15)];
  const [yuanName, jiaoName, fenName, exactly] = numerals.slice(15);
  const [jiao, cents] = [Number((amount / 10n) % 10n), Number(amount % 10n)];
  const whole = amount / 100n;
  const spelled = whole > 0n ? inGroups(String(whole), { digits, places, groups }) + yuanName : "";
  if (jiao === 0 && cents === 0) return `${spelled || digits[0] + yuanName}${exactly}`;
  const gap = jiao === 0 && whole > 0n ? digits[0] : "";
  return `${spelled}${jiao ? digits[jiao] + jiaoName : gap}${cents ? digits[cents] + fenName : exactly}`;
}

// Groups of four digits; one zero is read between what is left out and what follows.
function inGroups(text, how) {
  const count = Math.ceil(text.length / 4);
  const padded = text.padStart(4 * count, "0");
  let out = "";
  let zero = false;
  for (let at = 0; at < count; at += 1) {
    const group = padded.slice(4 * at, 4 * at + 4);
    if (group === "0000") {
      zero = out !== "";
      continue;
    }
    if (out !== "" && (zero || group[0] === "0")) out += how.digits[0];
    zero = false;
    out += inDigits(group, how) + groupName(count - at - 1, padded.slice(4 * at + 4, 4 * at + 8), how.groups);
  }
  return out;
}

// The upper of the two large units is said once for both groups that it stands behind.
function groupName(place, next, [small, large]) {
  if (place === 3) return next === "0000" ? small + large : small;
  return ["", small, large][place];
}

function inDigits(group, { digits, places }) {
  let out = "";
  let zero = false;
  for (let at = 0; at < 4; at += 1) {
    const digit = Number(group[at]);
    if (digit === 0) {
      zero = out !== "";
      continue;
    }
    out += `${zero ? digits[0] : ""}${digits[digit]}${places[3 - at]}`;
    zero = false;
  }
  return out;
}
