/** Certificates of organisations and persons (RFC 5280), as far as a signature under a bid needs them. */
import { equal, fromNumber, hex, toNumber } from "./bytes.js";
import * as der from "./der.js";
import { Refusal } from "./refusal.js";

const RSA = "2a864886f70d010101";
const EC = "2a8648ce3d0201";
export const PSS = "2a864886f70d01010a";
const MGF1 = "2a864886f70d010108";
const SHA256 = "608648016503040201";
const CURVES = { "2a8648ce3d030107": ["P-256", 32], "2b81040022": ["P-384", 48], "2b81040023": ["P-521", 66] };
const RSA_HASHES = { "2a864886f70d01010b": "SHA-256", "2a864886f70d01010c": "SHA-384", "2a864886f70d01010d": "SHA-512" };
const EC_HASHES = { "2a8648ce3d040302": "SHA-256", "2a8648ce3d040303": "SHA-384", "2a8648ce3d040304": "SHA-512" };
// What begins with this is China's own cryptography (GM/T 0006): SM2 and its curve, SM3, the messages of GM/T 0010.
const SM = "2a811ccf55";

export const KEY_ID = "551d0e";
const ORGANISATION = "550461";
const SERIAL = "550405";
const UTC_TIME = 0x17;
const GENERAL_TIME = 0x18;

/**
 * @typedef {object} Certificate
 * @property {Uint8Array} encoded
 * @property {der.Node} tbs what its issuer signed
 * @property {der.Node} signedBy the algorithm of that signature
 * @property {Uint8Array} signature
 * @property {bigint} serial
 * @property {Uint8Array} issuer the encoded name
 * @property {Uint8Array} subject the encoded name
 * @property {string[]} organisations organizationIdentifier in the subject
 * @property {string[]} numbers serialNumber in the subject
 * @property {string} from time
 * @property {string} until time
 * @property {boolean} standard its times are spelled as RFC 5280 wants, and both places name one algorithm
 * @property {der.Node} spki
 * @property {Map<string, {critical: boolean, value: Uint8Array}>} extensions by their id
 */

/** @param {Uint8Array} data @returns {Certificate} refuses with `cms.malformed` */
export function parse(data) {
  const { node, rest } = der.read(data);
  if (rest.length) throw der.malformed("certificates");
  const [tbs, signedBy, bits] = der.exactly(der.inside(node, der.SEQUENCE, "certificates"), 3, "certificates");
  const parts = der.inside(tbs, der.SEQUENCE, "certificates");
  // Without a version it is one of 1988, which says nothing of what its key is for.
  const [version, number, inner, issuer, validity, subject, spki, ...more] = der.atLeast(parts, 7, "certificates");
  if (version.tag !== der.CONTEXT_0 || hex(version.content) !== "020102") throw der.malformed("certificates");
  if (number.tag !== der.INTEGER || number.content[0] & 0x80) throw der.malformed("certificates");
  const serial = toNumber(number.content);
  if (serial < 1n) throw der.malformed("certificates");
  const times = der.exactly(der.inside(validity, der.SEQUENCE, "validity"), 2, "validity");
  const [from, until] = times.map(time);
  return {
    ...{ encoded: data, tbs, signedBy, signature: unbits(bits), serial, issuer: issuer.encoded, subject: subject.encoded, from, until, spki },
    organisations: named(subject, ORGANISATION),
    numbers: named(subject, SERIAL),
    standard: times.every(standardTime) && equal(inner.encoded, signedBy.encoded),
    extensions: extensionsOf(more.find(({ tag }) => tag === der.CONTEXT_3)),
  };
}

function unbits({ tag, content }) {
  if (tag !== der.BITS || content[0] !== 0) throw der.malformed("certificates");
  return content.slice(1);
}

function time({ tag, content }) {
  const said = new TextDecoder().decode(content);
  const found = /^([0-9]{2}|[0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z$/.exec(said);
  const wanted = { [UTC_TIME]: 2, [GENERAL_TIME]: 4 }[tag];
  if (!found || found[1].length !== wanted) throw der.malformed("validity");
  const [year, month, day, hour, minute, second] = found.slice(1);
  // Two digits are 1950 to 2049 (RFC 5280 §4.1.2.5.1).
  const century = year.length === 4 ? "" : Number(year) < 50 ? "20" : "19";
  return `${century}${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
}

// Through 2049 a time is UTCTime (RFC 5280 §4.1.2.5).
const standardTime = (node) => node.tag === UTC_TIME || time(node) >= "2050";

function named(name, wanted) {
  const pairs = der.inside(name, der.SEQUENCE, "subject").flatMap((set) => der.inside(set, der.SET, "subject"));
  return pairs.flatMap((pair) => {
    const [type, value] = der.exactly(der.inside(pair, der.SEQUENCE, "subject"), 2, "subject");
    return hex(type.content) === wanted ? [text(value)] : [];
  });
}

// Codes and references are ASCII; of other spellings of strings only BMPString differs there.
function text({ tag, content }) {
  return new TextDecoder(tag === 0x1e ? "utf-16be" : "utf-8").decode(content);
}

function extensionsOf(place) {
  const found = new Map();
  if (!place) return found;
  const [list] = der.exactly(der.children(place), 1, "extensions");
  for (const one of der.inside(list, der.SEQUENCE, "extensions")) {
    const parts = der.atLeast(der.inside(one, der.SEQUENCE, "extensions"), 2, "extensions");
    const [id, value] = [hex(parts[0].content), parts.at(-1)];
    if (found.has(id) || value.tag !== der.OCTETS) throw der.malformed("extensions");
    found.set(id, { critical: parts.length === 3 && parts[1].content[0] === 0xff, value: value.content });
  }
  return found;
}

/** @param {Certificate} certificate @returns {Uint8Array|null} its subjectKeyIdentifier */
export function keyId({ extensions }) {
  const found = extensions.get(KEY_ID);
  return found ? der.read(found.value).node.content : null;
}

/** @param {der.Node} spki @returns {{kind: "RSA"|"EC", curve: string, width: number}} refuses (`cms.unsupported`) other keys */
export function kindOf(spki) {
  const [named_] = der.atLeast(der.inside(spki, der.SEQUENCE, "publicKey"), 2, "publicKey");
  const { oid, parameters } = der.algorithm(named_, "publicKey");
  if (oid === RSA) return { kind: "RSA", curve: "", width: 0 };
  const curve = parameters.length ? hex(parameters[0].content) : "";
  if (isSm(oid) || isSm(curve)) throw new Refusal("cms.unsupported", { field: "sm2" });
  if (oid !== EC || !Object.hasOwn(CURVES, curve)) throw new Refusal("cms.unsupported", { field: "publicKey" });
  return { kind: "EC", curve: CURVES[curve][0], width: CURVES[curve][1] };
}

/** @param {string} oid hex @returns {boolean} whether it belongs to SM2 and SM3 */
export const isSm = (oid) => oid.startsWith(SM);

/**
 * Whether a signature holds under a certificate's key.
 * @param {der.Node} spki
 * @param {der.Node} by its algorithm
 * @param {Uint8Array} signature
 * @param {Uint8Array} data
 * @returns {Promise<boolean>} refuses (`cms.unsupported`, `cms.malformed`) what is not read here
 */
export async function holds(spki, by, signature, data) {
  const { kind, curve, width } = kindOf(spki);
  const { oid, parameters } = der.algorithm(by, "signatureAlgorithm");
  if (isSm(oid)) throw new Refusal("cms.unsupported", { field: "sm2" });
  if (kind === "EC") {
    if (!Object.hasOwn(EC_HASHES, oid)) throw new Refusal("cms.unsupported", { field: "signatureAlgorithm" });
    if (!der.bare(parameters)) throw der.malformed("signatureAlgorithm");
    const key = await imported(spki, { name: "ECDSA", namedCurve: curve });
    return crypto.subtle.verify({ name: "ECDSA", hash: EC_HASHES[oid] }, key, flat(signature, width), data);
  }
  if (oid === PSS) {
    const saltLength = pssSalt(parameters);
    return crypto.subtle.verify({ name: "RSA-PSS", saltLength }, await imported(spki, { name: "RSA-PSS", hash: "SHA-256" }), signature, data);
  }
  // A signerInfo says the digest beside and may call the signature just RSA.
  const hash = oid === RSA ? "SHA-256" : RSA_HASHES[oid];
  if (hash === undefined) throw new Refusal("cms.unsupported", { field: "signatureAlgorithm" });
  if (!der.bare(parameters)) throw der.malformed("signatureAlgorithm");
  const name = "RSASSA-PKCS1-v1_5";
  return crypto.subtle.verify({ name }, await imported(spki, { name, hash }), signature, data);
}

async function imported({ encoded }, how) {
  try {
    const key = await crypto.subtle.importKey("spki", encoded, how, false, ["verify"]);
    if ((key.algorithm.modulusLength ?? 2048) >= 2048) return key;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  throw new Refusal("cms.unsupported", { field: "publicKey" });
}

// WebCrypto wants both numbers of ECDSA at their full width, certificates have them as DER. One that is no pair of such
// numbers is a signature that does not hold.
function flat(signature, width) {
  try {
    const { node, rest } = der.read(signature);
    const pair = der.exactly(der.inside(node, der.SEQUENCE, "signature"), 2, "signature");
    const numbers = pair.map((one) => (der.isNatural(one) ? toNumber(one.content) : 0n));
    if (rest.length === 0 && numbers.every((one) => one > 0n && one < 1n << BigInt(8 * width))) {
      return Uint8Array.of(...numbers.flatMap((one) => [...fromNumber(one, width)]));
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  throw new Refusal("cms.invalid", { field: "signature" });
}

// RSASSA-PSS-params (RFC 4055 §3.1): hash and mask SHA-256, said aloud; any salt length.
function pssSalt(parameters) {
  const [fields_] = der.exactly(parameters, 1, "signatureAlgorithm");
  const fields = new Map(der.inside(fields_, der.SEQUENCE, "signatureAlgorithm").map((one) => [one.tag, one]));
  const said = [der.CONTEXT_0, der.CONTEXT_1, der.CONTEXT_2];
  const unknown = [...fields.keys()].some((tag) => !said.includes(tag) && tag !== der.CONTEXT_3);
  if (unknown || said.some((tag) => !fields.has(tag))) throw new Refusal("cms.unsupported", { field: "signatureAlgorithm" });
  const [hash, mask, salt] = said.map((tag) => der.exactly(der.children(fields.get(tag)), 1, "signatureAlgorithm")[0]);
  const [name, inner] = [der.algorithm(mask, "signatureAlgorithm"), der.children(mask)[1]];
  if (name.oid !== MGF1 || !inner) throw new Refusal("cms.unsupported", { field: "signatureAlgorithm" });
  for (const digest of [hash, inner].map((one) => der.algorithm(one, "signatureAlgorithm"))) {
    if (digest.oid !== SHA256) throw new Refusal("cms.unsupported", { field: "signatureAlgorithm" });
    if (!der.bare(digest.parameters)) throw der.malformed("signatureAlgorithm");
  }
  if (salt.tag !== der.INTEGER || salt.content.length < 1 || salt.content.length > 2) throw der.malformed("signatureAlgorithm");
  return Number(toNumber(salt.content));
}
