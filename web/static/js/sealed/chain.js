/** The path from a signer's certificate to an authority of the trust file (RFC 5280 §6). */
import { equal, hex, toNumber } from "./bytes.js";
import * as der from "./der.js";
import { Refusal } from "./refusal.js";
import * as x509 from "./x509.js";

const KEY_USAGE = "551d0f";
const CONSTRAINTS = "551d13";
const ALTERNATIVE_NAMES = "551d11";
const NAME_CONSTRAINTS = "551d1e";
// Those that may be critical: the ones that the judge after the opening knows.
const KNOWN = new Set([x509.KEY_ID, KEY_USAGE, CONSTRAINTS, ALTERNATIVE_NAMES, "551d23", "551d25"]);
// The kinds of GeneralName that it reads: all but x400Address and ediPartyName.
const IP_TAG = 0x87;
const TEXT_TAGS = [0x81, 0x82, 0x86];
const NAME_TAGS = [0xa0, 0xa4, IP_TAG, 0x88];
const MOST_BETWEEN = 8;
const MOST_OF_A_NAME = 2;

/**
 * Refuses a certificate that does not lead to an authority at a time: `cms.untrusted`, with what is wrong in `field`
 * (`authorities`, `chain`, `expired`, `usage`); `cms.too_many` if more than two of the others bear one name. Revocation is
 * not looked up, as after the opening nobody can.
 * @param {x509.Certificate} certificate
 * @param {x509.Certificate[]} others that came with it
 * @param {x509.Certificate[]} authorities of the trust file
 * @param {string} at time
 */
export async function checkChain(certificate, others, authorities, at) {
  const untrusted = (field) => new Refusal("cms.untrusted", { field, from: certificate.from, until: certificate.until });
  if (authorities.length === 0) throw untrusted("authorities");
  checkBranches(others);
  if (!current(certificate, at)) throw untrusted("expired");
  if (!maySign(certificate) || strange(certificate)) throw untrusted("usage");
  if (!(await leads(certificate, others, authorities, at, 0))) throw untrusted("chain");
}

const current = ({ from, until }, at) => from <= at && at <= until;

// Each name has two ways on at most: whoever puts in many that issue each other gains no search without end.
function checkBranches(others) {
  const counts = new Map();
  for (const name of others.map(({ subject }) => hex(subject))) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (counts.get(name) > MOST_OF_A_NAME) throw new Refusal("cms.too_many");
  }
}

// What the judge after the opening refuses in a path, or, as constraints on names, would have to be weighed.
function strange({ standard, extensions }) {
  const unknown = [...extensions].some(([id, { critical }]) => critical && !KNOWN.has(id));
  return unknown || !standard || extensions.has(NAME_CONSTRAINTS) || !namesRead(extensions.get(ALTERNATIVE_NAMES));
}

function isUtf8(content) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content) !== null;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return false;
  }
}

function nameRead({ tag, content }) {
  if (TEXT_TAGS.includes(tag)) return isUtf8(content);
  return NAME_TAGS.includes(tag) && (tag !== IP_TAG || [4, 16].includes(content.length));
}

function namesRead(found) {
  if (found === undefined) return true;
  try {
    const { node, rest } = der.read(found.value);
    return rest.length === 0 && der.inside(node, der.SEQUENCE, "names").every(nameRead);
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

// digitalSignature or contentCommitment: the first two bits.
function maySign({ extensions }) {
  const usage = extensions.get(KEY_USAGE);
  return usage === undefined || (der.read(usage.value).node.content[1] & 0xc0) !== 0;
}

// Whether a certificate may issue others, with so many issuers between it and the signer.
function mayIssue({ extensions }, between) {
  const found = extensions.get(CONSTRAINTS);
  if (found === undefined) return false;
  const [ca, most] = der.inside(der.read(found.value).node, der.SEQUENCE, "basicConstraints");
  const is = ca?.tag === der.BOOLEAN && ca.content[0] === 0xff;
  return is && (most === undefined || toNumber(most.content) >= BigInt(between));
}

async function leads(certificate, others, authorities, at, between) {
  if (authorities.some(({ encoded }) => equal(encoded, certificate.encoded))) return true;
  if (between > MOST_BETWEEN) return false;
  for (const issuer of [...authorities, ...others]) {
    const fits = equal(issuer.subject, certificate.issuer) && current(issuer, at) && mayIssue(issuer, between) && !strange(issuer);
    if (!fits || equal(issuer.encoded, certificate.encoded) || !(await issued(issuer, certificate))) continue;
    // No path needs a certificate twice.
    if (await leads(issuer, others.filter((one) => one !== issuer), authorities, at, between + 1)) return true;
  }
  return false;
}

// A key or an algorithm that is not read here makes nobody an issuer.
async function issued(issuer, { signedBy, signature, tbs }) {
  try {
    return await x509.holds(issuer.spki, signedBy, signature, tbs.encoded);
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
