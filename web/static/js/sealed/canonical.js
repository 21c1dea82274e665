/** Canonical JSON: the one spelling of a value, and a reader that refuses every other (docs/formats/sealing.md §1). */
import { utf8 } from "./bytes.js";
import { Odd, read } from "./json.js";
import { Refusal } from "./refusal.js";

/** Bytes of a value at most; a document that an event names may have MAX_DOCUMENT. */
export const MAX_BYTES = 1 << 20;
export const MAX_DOCUMENT = 64 << 20;
const MAX_DEPTH = 16;
// Not the `v` flag's \p{Surrogate}: `isWellFormed` is missing in browsers that have all the rest.
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
// eslint-disable-next-line no-control-regex -- ASCII is what is asked for
const ASCII = /^[\x00-\x7f]*$/;

/** @typedef {boolean|number|string|any[]|Record<string, any>} Json of the same, all the way down */

/**
 * The canonical UTF-8 of a value.
 * @param {unknown} value
 * @param {number} [limit] bytes at most
 * @returns {Uint8Array} refuses (`canonical.*`) what has no spelling: fractions, null, depth, surrogates
 */
export function canonical(value, limit = MAX_BYTES) {
  check(value, 1);
  const text = spell(value);
  if (LONE.test(text)) throw new Refusal("canonical.surrogate");
  const data = utf8(text);
  if (data.length > limit) throw new Refusal("canonical.too_long", { limit, found: data.length });
  return data;
}

/**
 * The value whose canonical spelling these bytes are.
 * @param {Uint8Array} data
 * @param {number} [limit]
 * @returns {Json} refuses (`canonical.*`) all other bytes
 */
export function parse(data, limit = MAX_BYTES) {
  if (data.length > limit) throw new Refusal("canonical.too_long", { limit, found: data.length });
  const { value, doubled, text } = read(data);
  canonical(value, limit);
  if (doubled) throw new Refusal("canonical.doubled_member");
  if (spell(value) !== text) throw new Refusal("canonical.not_canonical");
  return value;
}

/**
 * `value` if it is an object with exactly these members.
 * @param {unknown} value
 * @param {string} names space-separated
 * @param {string} [optional] names that may be there, too
 * @returns {any} it
 */
export function members(value, names, optional = "") {
  if (!isObject(value)) throw new Refusal("canonical.not_object");
  const wanted = names.split(" ");
  const allowed = new Set([...wanted, ...optional.split(" ")]);
  const missing = wanted.filter((name) => !Object.hasOwn(value, name)).sort();
  if (missing.length) throw new Refusal("canonical.missing_member", { member: missing[0] });
  const strange = Object.keys(value)
    .filter((name) => name === "" || !allowed.has(name))
    .sort();
  // A stranger's name is shown to people: letters that could turn or hide text are left out.
  if (strange.length) {
    throw new Refusal("canonical.unknown_member", { member: strange[0].replace(/[^\x20-\x7e]/g, "?").slice(0, 64) });
  }
  return value;
}

/** @param {unknown} value @returns {value is Record<string, any>} whether it is a JSON object */
export const isObject = (value) =>
  // So bytes, dates and maps are none, whichever window they come from.
  Object.prototype.toString.call(value) === "[object Object]" && !(value instanceof Odd);

function check(value, depth) {
  if (depth > MAX_DEPTH) throw new Refusal("canonical.too_deep", { limit: MAX_DEPTH });
  if (Array.isArray(value)) {
    for (const item of value) check(item, depth + 1);
  } else if (isObject(value)) {
    if (!Object.keys(value).every((name) => ASCII.test(name))) throw new Refusal("canonical.member_name");
    for (const item of Object.values(value)) check(item, depth + 1);
  } else if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) {
    if (!Number.isSafeInteger(value)) throw new Refusal("canonical.integer_range", { limit: Number.MAX_SAFE_INTEGER });
  } else if (typeof value !== "string" && typeof value !== "boolean") {
    throw new Refusal("canonical.bad_type", { found: value instanceof Odd ? value.kind : typeof value });
  }
}

// Strings as JSON.stringify spells them: its escapes are those of the format (RFC 8785 took them from there). A lone
// surrogate comes out as an escape; it goes in as it is, so that `canonical` finds it.
function spell(value) {
  if (typeof value === "string") return LONE.test(value) ? `"${value}"` : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(spell).join(",")}]`;
  if (typeof value !== "object") return String(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${spell(value[name])}`).join(",")}}`;
}
