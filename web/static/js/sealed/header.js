/** Headers: what stands in a part's form (docs/formats/sealing.md §5). */
import { unhex, utf8 } from "./bytes.js";
import { canonical, isObject, members, parse } from "./canonical.js";
import { label, sha256 } from "./digest.js";
import { Refusal } from "./refusal.js";

const IDENTITY = "identity";
const MAX_NAME = 255;
// Separators, controls, and what turns or hides text.
// eslint-disable-next-line no-control-regex -- controls are what must not stand there
const NOT_PLAIN = /[/\\\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/**
 * @typedef {{name: string, size: number, sha256: string}} FileJson
 * @typedef {Record<string, any> & {part: string, salt: string, files: FileJson[]}} Header
 */

/**
 * The header of an object: the same checks for one about to be sealed and for one just opened.
 * @param {unknown} value
 * @param {string} part
 * @returns {Header} refuses with `sealed.header_*`, `sealed.bad_size`, `canonical.*`
 */
export function check(value, part) {
  const identity = part === IDENTITY;
  const got = members(value, `client files form part salt${identity ? " signatures statement" : ""}`);
  if (got.part !== part) throw new Refusal("sealed.header_part", { part });
  const client = members(got.client, "tool", "machine");
  const text = (words) => Object.values(words).every((word) => typeof word === "string");
  if (!isObject(got.form) || !text(got.form)) throw new Refusal("sealed.header_form");
  if (!Array.isArray(got.files)) throw new Refusal("sealed.header_files");
  if (!text(client)) throw new Refusal("sealed.header_client");
  if (identity && !(isObject(got.statement) && Array.isArray(got.signatures))) {
    throw new Refusal("sealed.header_statement");
  }
  got.files.forEach(checkFile);
  if (new Set(got.files.map((file) => file.name)).size !== got.files.length) throw new Refusal("sealed.header_files");
  unhex(got.salt, 32, "salt");
  return got;
}

function checkFile(value) {
  const { name, size, sha256: hash } = members(value, "name sha256 size");
  if (typeof name !== "string" || !isPlain(name)) throw new Refusal("sealed.header_file_name");
  if (!Number.isInteger(size) || size < 0) throw new Refusal("sealed.bad_size", { field: "files.size" });
  unhex(hash, 32, "files.sha256");
}

/** @param {string} name @returns {boolean} whether a file of a bid may be called so */
export function isPlain(name) {
  return !["", ".", ".."].includes(name) && utf8(name).length <= MAX_NAME && !NOT_PLAIN.test(name);
}

/** @param {Uint8Array} data @param {string} part @returns {Header} of its canonical bytes */
export function read(data, part) {
  const value = parse(data);
  if (!isObject(value)) throw new Refusal("canonical.not_object");
  return check(value, part);
}

/** @param {Header} header @returns {Promise<Uint8Array>} its hash, without `statement` and `signatures` */
export function headerSha256({ statement: _statement, signatures: _signatures, ...bare }) {
  return sha256(label("header"), canonical(bare));
}

/** @param {FileJson[]} files @returns {number} the bytes of all files together */
export const filesLength = (files) => files.reduce((sum, file) => sum + file.size, 0);
