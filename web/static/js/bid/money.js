/** Amounts as people read them: grouped digits, and the words in which an amount is written out (大写金额). */

const PLAIN = /^(0|[1-9][0-9]{0,12})(?:\.([0-9]{1,2}))?$/;
const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const PLACES = ["", "拾", "佰", "仟"];
const GROUPS = ["", "万", "亿", "万亿"];

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
 * An amount written out (《正确填写票据和结算凭证的基本规定》): 壹仟贰佰玖拾捌万元整.
 * @param {bigint} amount fen, below 10^15
 * @returns {string}
 */
export function written(amount) {
  const [jiao, cents] = [Number((amount / 10n) % 10n), Number(amount % 10n)];
  const whole = amount / 100n;
  const yuanWords = whole > 0n ? `${inGroups(whole)}元` : "";
  if (jiao === 0 && cents === 0) return `${yuanWords || "零元"}整`;
  const gap = jiao === 0 && whole > 0n ? "零" : "";
  const rest = `${jiao ? `${DIGITS[jiao]}角` : gap}${cents ? `${DIGITS[cents]}分` : "整"}`;
  return `${yuanWords}${rest}`;
}

// Groups of four digits; one zero is read between what is left out and what follows.
function inGroups(whole) {
  let out = "";
  let zero = false;
  const text = String(whole);
  const count = Math.ceil(text.length / 4);
  const padded = text.padStart(4 * count, "0");
  for (let at = 0; at < count; at += 1) {
    const group = padded.slice(4 * at, 4 * at + 4);
    if (group === "0000") {
      zero = out !== "";
      continue;
    }
    if (out !== "" && (zero || group[0] === "0")) out += "零";
    zero = false;
    out += inDigits(group) + groupName(count - at - 1, padded.slice(4 * at + 4, 4 * at + 8));
  }
  return out;
}

// 亿 is said once for both groups above it.
const groupName = (place, next) => (place === 3 && next !== "0000" ? "万" : GROUPS[place]);

function inDigits(group) {
  let out = "";
  let zero = false;
  for (let at = 0; at < 4; at += 1) {
    const digit = Number(group[at]);
    if (digit === 0) {
      zero = out !== "";
      continue;
    }
    out += `${zero ? "零" : ""}${DIGITS[digit]}${PLACES[3 - at]}`;
    zero = false;
  }
  return out;
}
