/** DER as CMS and certificates use it: definite, shortest lengths, one-byte tags; the twin of the reader in bidding/cms.py. */
import { hex } from "./bytes.js";
import { Refusal } from "./refusal.js";

export const INTEGER = 0x02;
export const BITS = 0x03;
export const OCTETS = 0x04;
export const NULL = 0x05;
export const OID = 0x06;
export const BOOLEAN = 0x01;
export const SEQUENCE = 0x30;
export const SET = 0x31;
export const CONTEXT_0 = 0xa0;
export const CONTEXT_1 = 0xa1;
export const CONTEXT_2 = 0xa2;
export const CONTEXT_3 = 0xa3;

/** @typedef {{tag: number, content: Uint8Array, encoded: Uint8Array}} Node one element: tag, content, whole encoding */

/** @param {string} field @returns {Refusal} `cms.malformed` */
export const malformed = (field) => new Refusal("cms.malformed", { field });

/** @param {Uint8Array} data @returns {{node: Node, rest: Uint8Array}} the first element, and what comes after it */
export function read(data) {
  if (data.length < 2 || (data[0] & 0x1f) === 0x1f) throw malformed("der");
  let [length, start] = [data[1], 2];
  if (length & 0x80) {
    const count = length & 0x7f;
    start = 2 + count;
    // None: an indefinite length, which BER has and DER has not.
    if (count < 1 || count > 3 || data.length < start || data[2] === 0) throw malformed("der");
    length = data.slice(2, start).reduce((sum, byte) => sum * 256 + byte, 0);
    if (length < 0x80) throw malformed("der");
  }
  const end = start + length;
  if (data.length < end) throw malformed("der");
  return { node: { tag: data[0], content: data.slice(start, end), encoded: data.slice(0, end) }, rest: data.slice(end) };
}

/** @param {Node} node @returns {Node[]} the elements inside */
export function children(node) {
  const found = [];
  for (let { content: left } = node; left.length;) {
    const { node: one, rest } = read(left);
    found.push(one);
    left = rest;
  }
  return found;
}

/** @param {Node} node @param {number} tag @param {string} field @returns {Node[]} what is inside an element of this tag */
export function inside(node, tag, field) {
  if (node?.tag !== tag) throw malformed(field);
  return children(node);
}

/** @param {Node[]} nodes @param {number} count @param {string} field @returns {Node[]} them, if they are so many */
export function exactly(nodes, count, field) {
  if (nodes.length !== count) throw malformed(field);
  return nodes;
}

/** @param {Node[]} nodes @param {number} count @param {string} field @returns {Node[]} them, if they are so many or more */
export function atLeast(nodes, count, field) {
  if (nodes.length < count) throw malformed(field);
  return nodes;
}

/** @param {Node} node an AlgorithmIdentifier @param {string} field @returns {{oid: string, parameters: Node[]}} `oid`: hex of its content */
export function algorithm(node, field) {
  const [name, ...parameters] = atLeast(inside(node, SEQUENCE, field), 1, field);
  if (name.tag !== OID || parameters.length > 1) throw malformed(field);
  return { oid: hex(name.content), parameters };
}

/** @param {Node} node @returns {boolean} whether it is an INTEGER of at least 0 in its shortest spelling */
export function isNatural({ tag, content }) {
  const padded = content.length > 1 && content[0] === 0 && !(content[1] & 0x80);
  return tag === INTEGER && content.length > 0 && !(content[0] & 0x80) && !padded;
}

/** @param {Node[]} parameters @returns {boolean} whether there are none: absent, or NULL */
export const bare = (parameters) => parameters.every(({ encoded }) => hex(encoded) === "0500");
