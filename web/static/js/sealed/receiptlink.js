/** A receipt as an address of the page that verifies, short enough for a QR code (docs/formats/box.md, "Receipts"). */
import { base64url, concat, hex, unbase64url, unhex } from "./bytes.js";
import { checkId, checkTime } from "./ids.js";
import { Refusal } from "./refusal.js";

const NAME = "#receipt=";
const [HASH, KEY, SIGNATURE] = [32, 32, 64];

/**
 * @param {import("./signing.js").Envelope} envelope TYPE receipt
 * @param {string} origin of the platform's pages
 * @returns {string} what stands behind the `#` no browser sends to anybody
 */
export function linkOf({ object: { lot, submission_sha256: hash, at, minute }, key, signature }, origin) {
  const raw = concat(unhex(hash, HASH), unhex(key, KEY), unhex(signature, SIGNATURE));
  return `${origin}/verify${NAME}${[lot, at, minute, base64url(raw)].join("/")}`;
}

/** @param {string} fragment of an address @returns {boolean} whether it is meant as a receipt */
export const carries = (fragment) => fragment.startsWith(NAME);

/**
 * @param {string} fragment of an address
 * @returns {import("./signing.js").Envelope} as the box wrote it, its signature not checked; refuses (`canonical.not_canonical`, `id.malformed`,
 *   `time.malformed`) what is no receipt
 */
export function receiptOf(fragment) {
  const parts = carries(fragment) ? fragment.slice(NAME.length).split("/") : [];
  const raw = parts.length === 4 ? unbase64url(parts[3]) : null;
  if (raw?.length !== HASH + KEY + SIGNATURE) throw new Refusal("canonical.not_canonical");
  const [lot, at, minute] = [checkId(parts[0], "lot"), checkTime(parts[1], "at"), checkTime(parts[2], "minute")];
  const [hash, key, signature] = [raw.slice(0, HASH), raw.slice(HASH, HASH + KEY), raw.slice(HASH + KEY)].map(hex);
  return { object: { lot, submission_sha256: hash, at, minute }, key, signature };
}
