/**
 * Detached CMS signatures of a certificate authority's dongle (docs/formats/statement.md), checked before a bid is sealed.
 *
 * The twin of `bidding/cms.py`, which judges after the opening: what is let through here and refused there voids a bid.
 */
import { concat, equal, hex, toNumber } from "./bytes.js";
import { checkChain } from "./chain.js";
import * as der from "./der.js";
import { sha256 } from "./digest.js";
import { Refusal } from "./refusal.js";
import * as x509 from "./x509.js";

export const MAX_BYTES = 64 * 1024;
export const MAX_CERTIFICATES = 10;

const SIGNED_DATA = "2a864886f70d010702";
const DATA = "2a864886f70d010701";
const CONTENT_TYPE = "2a864886f70d010903";
const MESSAGE_DIGEST = "2a864886f70d010904";
const SHA256 = "608648016503040201";
const KEY_ID = 0x80;
const ARMOUR = /^-----BEGIN (CMS|PKCS7|PKCS #7 SIGNED DATA)-----\s([A-Za-z0-9+/=\s]+)-----END \1-----\s*$/;
const BASE64 = /^[A-Za-z0-9+/\s]+=?\s*=?\s*$/;

/**
 * The DER of a signature file: DER itself, PEM, or bare base64, as programs of authorities save it.
 * @param {Uint8Array} data
 * @returns {Uint8Array} refuses with `cms.too_long`, `cms.malformed`
 */
export function fileToDer(data) {
  if (data.length > 2 * MAX_BYTES) throw new Refusal("cms.too_long", { limit: MAX_BYTES, found: data.length });
  const said = data[0] === der.SEQUENCE ? "" : new TextDecoder().decode(data).trim();
  const inner = ARMOUR.exec(`${said}\n`)?.[2] ?? (BASE64.test(said) ? said : "");
  const found = inner ? unbase64(inner.replaceAll(/\s/g, "")) : data;
  if (found.length > MAX_BYTES) throw new Refusal("cms.too_long", { limit: MAX_BYTES, found: found.length });
  return found;
}

function unbase64(spelled) {
  try {
    return Uint8Array.from(atob(spelled), (letter) => letter.charCodeAt(0));
  } catch (error) {
    if (error instanceof DOMException) throw der.malformed("base64");
    throw error;
  }
}

/** @param {string[]} pems the trust file's `cas` @returns {x509.Certificate[]} the authorities that can be read */
export const authorities = (pems) => pems.flatMap((pem) => {
  try {
    return [x509.parse(unbase64(pem.replaceAll(/-----[A-Z ]+-----|\s/g, "")))];
  } catch (error) {
    // One that is of no use here takes nothing from the others.
    if (error instanceof Refusal) return [];
    throw error;
  }
});

/**
 * The signer's certificate, if a CMS is a signature over `data` that holds and leads to an authority.
 * @param {Uint8Array} cms DER
 * @param {Uint8Array} data
 * @param {x509.Certificate[]} trusted
 * @param {string} at time: the deadline in force
 * @returns {Promise<x509.Certificate>} refuses with `cms.malformed`, `cms.unsupported`, `cms.invalid`, `cms.untrusted`, `cms.too_many`
 */
export async function verify(cms, data, trusted, at) {
  if (cms.length > MAX_BYTES) throw new Refusal("cms.too_long", { limit: MAX_BYTES, found: cms.length });
  const { certificates, signer } = signedData(cms);
  const [version, sid, digest, ...rest] = der.atLeast(der.children(signer), 5, "signerInfo");
  isSha256(digest, "digestAlgorithm");
  const attributes = rest[0].tag === der.CONTEXT_0 ? rest.shift() : null;
  const [by, signature, ...unsigned] = der.atLeast(rest, 2, "signerInfo");
  const odd = unsigned.length > 1 || unsigned.some(({ tag }) => tag !== der.CONTEXT_1);
  if (signature.tag !== der.OCTETS || odd) throw der.malformed("signerInfo");
  const certificate = signerOf(certificates, version, sid);
  const { kind, curve } = x509.kindOf(certificate.spki);
  const named = der.algorithm(by, "signatureAlgorithm").oid;
  // Curves and hashes that issuers may use are more than those a signer may.
  const right = kind === "RSA" ? named === x509.PSS || named.endsWith("0101") || named.endsWith("010b") : curve === "P-256" && named.endsWith("040302");
  if (!right && !x509.isSm(named)) throw new Refusal("cms.unsupported", { field: kind === "EC" && curve !== "P-256" ? "publicKey" : "signatureAlgorithm" });
  const signed = attributes === null ? data : await signedAttributes(attributes, data);
  if (!(await x509.holds(certificate.spki, by, signature.content, signed))) throw new Refusal("cms.invalid", { field: "signature" });
  const others = certificates.filter((one) => !equal(one.encoded, certificate.encoded));
  await checkChain(certificate, others, trusted, at);
  return certificate;
}

function signedData(cms) {
  const { node: outer, rest } = der.read(cms);
  const [kind, wrapped] = der.exactly(der.inside(outer, der.SEQUENCE, "contentInfo"), 2, "contentInfo");
  const type = hex(kind.content);
  if (x509.isSm(type)) throw new Refusal("cms.unsupported", { field: "sm2" });
  if (rest.length || kind.tag !== der.OID || type !== SIGNED_DATA) throw der.malformed("contentInfo");
  const [body] = der.exactly(der.inside(wrapped, der.CONTEXT_0, "content"), 1, "content");
  const [, digests, encapsulated, ...parts] = der.atLeast(der.inside(body, der.SEQUENCE, "signedData"), 4, "signedData");
  for (const one of der.inside(digests, der.SET, "digestAlgorithms")) isSha256(one, "digestAlgorithms");
  const content = der.inside(encapsulated, der.SEQUENCE, "encapContentInfo");
  if (content.length !== 1) throw new Refusal("cms.unsupported", { field: "eContent" });
  if (content[0].tag !== der.OID || hex(content[0].content) !== DATA) throw new Refusal("cms.unsupported", { field: "eContentType" });
  const enclosed = parts[0].tag === der.CONTEXT_0 ? der.children(parts.shift()) : [];
  if (enclosed.length > MAX_CERTIFICATES) throw new Refusal("cms.too_many");
  const certificates = enclosed.map(({ encoded }) => x509.parse(encoded));
  if (parts.length && parts[0].tag === der.CONTEXT_1) parts.shift();
  const [infos] = der.exactly(parts, 1, "signedData");
  const [signer] = der.exactly(der.inside(infos, der.SET, "signerInfos"), 1, "signerInfos");
  if (signer.tag !== der.SEQUENCE) throw der.malformed("signerInfo");
  return { certificates, signer };
}

function isSha256(node, field) {
  const { oid, parameters } = der.algorithm(node, field);
  if (oid !== SHA256) throw new Refusal("cms.unsupported", { field: x509.isSm(oid) ? "sm2" : field });
  if (!der.bare(parameters)) throw der.malformed(field);
}

function signerOf(certificates, version, sid) {
  const number = hex(version.content);
  const byName = sid.tag === der.SEQUENCE && number === "01";
  if (!byName && !(sid.tag === KEY_ID && number === "03")) throw der.malformed("sid");
  const [issuer, serial] = byName ? der.exactly(der.children(sid), 2, "sid") : [];
  const found = certificates.find((one) => {
    if (!byName) return equal(x509.keyId(one) ?? new Uint8Array(0), sid.content);
    return der.isNatural(serial) && equal(one.issuer, issuer.encoded) && one.serial === toNumber(serial.content);
  });
  if (!found) throw new Refusal("cms.untrusted", { field: "signer" });
  return found;
}

// What was signed: the attributes as a SET OF (RFC 5652 §5.4), both obligatory ones right.
async function signedAttributes(attributes, data) {
  const found = new Map();
  let last = "";
  for (const item of der.children(attributes)) {
    const spelled = hex(item.encoded);
    if (spelled < last) throw der.malformed("signedAttrs");
    last = spelled;
    const [name, values] = der.exactly(der.inside(item, der.SEQUENCE, "attribute"), 2, "attribute");
    if (name.tag !== der.OID || found.has(hex(name.content))) throw der.malformed("attribute");
    const [value, ...more] = der.atLeast(der.inside(values, der.SET, "attribute"), 1, "attribute");
    found.set(hex(name.content), more.length ? "" : hex(value.encoded));
  }
  if (found.get(CONTENT_TYPE) !== `0609${DATA}`) throw der.malformed("contentType");
  if (found.get(MESSAGE_DIGEST) !== `0420${hex(await sha256(data))}`) throw new Refusal("cms.invalid", { field: "messageDigest" });
  return concat(Uint8Array.of(der.SET), attributes.encoded.slice(1));
}

/**
 * Refuses (`cms.other_subject`) a certificate that is not this party's: organizationIdentifier is its code; a seal has no
 * serialNumber, a person in charge has the reference of the registration there.
 * @param {x509.Certificate} certificate
 * @param {"seal"|"person"} by
 * @param {{uscc: string, person: {ref: string}}} party as registered
 */
export function checkSubject({ organisations, numbers }, by, { uscc, person }) {
  const [found, wanted] = [JSON.stringify([organisations, numbers]), JSON.stringify([[uscc], by === "seal" ? [] : [person.ref]])];
  if (found !== wanted) throw new Refusal("cms.other_subject", { by, uscc: organisations.join(" "), number: numbers.join(" ") });
}
