/** A JSON reader that tells what `JSON.parse` hides: doubled members, and numbers that are no plain integers. */
import { Refusal } from "./refusal.js";

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null|NaN|-?Infinity/y;
// A string without its escapes read: no quote, no control character, whole escapes only.
// eslint-disable-next-line no-control-regex -- controls are what must not stand there
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS = { true: true, false: false };
const MAX_DEPTH = 900; // deeper ones are refused for their depth anyway, and the stack is not ours

/** A value that JSON has and canonical JSON has not. */
export class Odd {
  /** @param {string} kind how the refusal names it */
  constructor(kind) {
    this.kind = kind;
  }
}

/**
 * The value of JSON bytes.
 * @param {Uint8Array} data UTF-8, without a byte order mark
 * @returns {{value: unknown, doubled: boolean, text: string}} `doubled`: some object has a member twice; integers
 *   beyond 2^53 − 1 are BigInt, fractions and null are `Odd`. Refuses (`canonical.not_json`) what is none.
 */
export function read(data) {
  const reader = new Reader(decoded(data));
  reader.space();
  const value = reader.value(1);
  reader.space();
  if (reader.at !== reader.text.length) throw notJson();
  return { value, doubled: reader.doubled, text: reader.text };
}

const notJson = () => new Refusal("canonical.not_json");

function decoded(data) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw notJson();
  }
}

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.doubled = false;
  }

  space() {
    this.match(SPACE);
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  taken(sign) {
    if (this.text[this.at] !== sign) return false;
    this.at += 1;
    return true;
  }

  value(depth) {
    if (depth > MAX_DEPTH) throw notJson();
    if (this.taken("{")) return this.object(depth);
    if (this.taken("[")) return this.array(depth);
    if (this.text[this.at] === '"') return this.string();
    const word = this.match(WORD);
    if (word) return WORDS[word[0]] ?? new Odd(word[0] === "null" ? "NoneType" : "float");
    return this.number();
  }

  string() {
    const found = this.match(STRING);
    if (!found) throw notJson();
    return JSON.parse(found[0]);
  }

  number() {
    const found = this.match(NUMBER);
    if (!found) throw notJson();
    if (found[1] || found[2]) return new Odd("float");
    const number = Number(found[0]);
    return Number.isSafeInteger(number) ? number : BigInt(found[0]);
  }

  array(depth) {
    const out = [];
    this.space();
    if (this.taken("]")) return out;
    do {
      this.space();
      out.push(this.value(depth + 1));
      this.space();
    } while (this.taken(","));
    if (!this.taken("]")) throw notJson();
    return out;
  }

  object(depth) {
    // Without a prototype: a member named __proto__ is one like any other.
    const out = Object.create(null);
    this.space();
    if (this.taken("}")) return out;
    do {
      this.space();
      if (this.text[this.at] !== '"') throw notJson();
      const name = this.string();
      this.space();
      if (!this.taken(":")) throw notJson();
      this.space();
      this.doubled ||= Object.hasOwn(out, name);
      out[name] = this.value(depth + 1);
      this.space();
    } while (this.taken(","));
    if (!this.taken("}")) throw notJson();
    return out;
  }
}
