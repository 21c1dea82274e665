/** A proof that an entry stands in the witnessed log (docs/formats/log.md): C2SP tlog-proof, RFC 9162 §2.1.3.2. */
import { concat, equal, u64, unbase64, utf8 } from "../sealed/bytes.js";
import { verify } from "../sealed/curves.js";
import { sha256 } from "../sealed/digest.js";
import { Refusal } from "../sealed/refusal.js";

const HEADER = "c2sp.org/tlog-proof@v1";
const LOG_KIND = 1;
const WITNESS_KIND = 4;

/** @typedef {{size: number, root: Uint8Array, witnessedAt: string}} Head a checkpoint, and when it had enough witnesses */

function bytesOf(spelled) {
  const bytes = unbase64(spelled);
  if (bytes === null) throw new Refusal("proof.malformed", { line: 0 });
  return bytes;
}

/** @param {string} vkey `name+hex+base64(kind ‖ key)` @returns {{name: string, id: Uint8Array, kind: number, key: Uint8Array}} */
async function parseKey(vkey) {
  const [name, , data = ""] = [vkey.slice(0, vkey.indexOf("+")), ...vkey.slice(vkey.indexOf("+") + 1).split(/\+(.*)/)];
  const raw = bytesOf(data);
  return { name, kind: raw[0], key: raw.slice(1), id: (await sha256(utf8(`${name}\n`), raw)).slice(0, 4) };
}

/**
 * The checkpoint of a note that the log signed and enough witnesses cosigned.
 * @param {string} note
 * @param {{log: {origin: string, key: string}, witnesses: {name: string, key: string}[], witness_threshold: number}} trust
 * @returns {Promise<Head>} refuses with `checkpoint.*`, `signature.*`
 */
export async function checkpoint(note, trust) {
  const [body, lines] = [note.slice(0, note.indexOf("\n\n") + 1), note.slice(note.indexOf("\n\n") + 2)];
  const [origin, size, root, ...more] = body.split("\n");
  if (origin !== trust.log.origin) throw new Refusal("checkpoint.wrong_origin", { expected: trust.log.origin, found: origin.slice(0, 64) });
  if (!/^(0|[1-9][0-9]{0,14})$/.test(size) || more.join("") !== "") throw new Refusal("checkpoint.malformed", { part: "body" });
  const signatures = lines.split("\n").filter(Boolean).map((line) => {
    const found = /^\u2014 (\S+) (\S+)$/.exec(line);
    if (!found) throw new Refusal("checkpoint.malformed", { part: "signature" });
    const data = bytesOf(found[2]);
    return { name: found[1], id: data.slice(0, 4), data: data.slice(4) };
  });
  const by = ({ name, id }) => signatures.find((one) => one.name === name && equal(one.id, id));
  const log = await parseKey(trust.log.key);
  const signed = by(log);
  if (!signed || log.kind !== LOG_KIND) throw new Refusal("checkpoint.unsigned", { origin });
  await verify(log.key, utf8(body), signed.data);
  const times = [];
  for (const { key } of trust.witnesses) {
    const witness = await parseKey(key);
    const found = by(witness);
    if (!found || witness.kind !== WITNESS_KIND) continue;
    const at = Number(new DataView(found.data.buffer, found.data.byteOffset, 8).getBigUint64(0));
    if (!equal(u64(at), found.data.slice(0, 8))) throw new Refusal("checkpoint.malformed", { part: "cosignature" });
    await verify(witness.key, utf8(`cosignature/v1\ntime ${at}\n${body}`), found.data.slice(8));
    times.push(at);
  }
  const wanted = trust.witness_threshold;
  if (times.length < wanted) throw new Refusal("checkpoint.too_few_witnesses", { size, found: times.length, needed: wanted });
  const seconds = wanted ? times.sort((one, other) => one - other)[wanted - 1] : 0;
  return { size: Number(size), root: bytesOf(root), witnessedAt: new Date(1000 * seconds).toISOString() };
}

/**
 * When an entry was witnessed.
 * @param {string} proof the text of a tlog-proof
 * @param {Uint8Array} entry
 * @param {object} trust the trust file
 * @returns {Promise<{index: number, witnessedAt: string, head: Head}>} refuses with `proof.malformed`, `merkle.*`, `checkpoint.*`
 */
export async function verifyProof(proof, entry, trust) {
  const at = proof.indexOf("\n\n");
  const [header, place, ...hashes] = proof.slice(0, at).split("\n");
  const index = /^index (0|[1-9][0-9]{0,14})$/.exec(place ?? "");
  if (at < 0 || header !== HEADER || !index) throw new Refusal("proof.malformed", { line: 1 });
  const head = await checkpoint(proof.slice(at + 2), trust);
  const leaf = await sha256(Uint8Array.of(0), entry);
  const root = await climbed(leaf, Number(index[1]), head.size, hashes.map(bytesOf));
  if (root === null || !equal(root, head.root)) throw new Refusal("merkle.not_included", { index: Number(index[1]), size: head.size });
  return { index: Number(index[1]), witnessedAt: head.witnessedAt, head };
}

async function climbed(leaf, index, size, path) {
  if (index >= size) return null;
  // Divisions, not shifts: places in a tree go beyond 32 bits.
  let [node, last, hash] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      hash = await sha256(concat(Uint8Array.of(1), sibling, hash));
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else {
      hash = await sha256(concat(Uint8Array.of(1), hash, sibling));
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash : null;
}
