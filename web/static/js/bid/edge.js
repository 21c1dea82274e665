/** The left edge of a tree: with it and the entries behind it every later root follows (docs/formats/log.md). */
import { concat } from "../sealed/bytes.js";
import { sha256 } from "../sealed/digest.js";
import { Refusal } from "../sealed/refusal.js";

const node = (left, right) => sha256(concat(Uint8Array.of(1), left, right));

export class Edge {
  /** @param {number} size entries so far @param {Uint8Array[]} hashes one for each bit set in `size`, the largest subtree first */
  constructor(size, hashes) {
    const bits = [...size.toString(2)].filter((bit) => bit === "1").length;
    if (hashes.length !== bits || hashes.some((one) => one.length !== 32)) throw new Refusal("merkle.frontier", { size, found: hashes.length });
    this.size = size;
    this.hashes = [...hashes];
  }

  /** @param {Uint8Array} entry the next one */
  async append(entry) {
    let top = await sha256(Uint8Array.of(0), entry);
    // Divisions, not shifts: places in a tree go beyond 32 bits.
    for (let at = this.size; at % 2 === 1; at = (at - 1) / 2) top = await node(this.hashes.pop(), top);
    this.hashes.push(top);
    this.size += 1;
  }

  /** @returns {Promise<Uint8Array>} the root of the tree so far */
  async root() {
    if (this.hashes.length === 0) return sha256(new Uint8Array(0));
    let top = this.hashes.at(-1);
    for (const left of this.hashes.slice(0, -1).reverse()) top = await node(left, top);
    return top;
  }
}
