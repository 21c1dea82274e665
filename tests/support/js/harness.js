/** What the tests call in the browser: plain JSON in, plain JSON out, bytes as hex. Compared in Python. */
import * as backup from "/static/js/sealed/backup.js";
import * as bid from "/static/js/sealed/bid.js";
import * as blindrsa from "/static/js/sealed/blindrsa.js";
import { concat, fromNumber, hex, toNumber, unhex } from "/static/js/sealed/bytes.js";
import { canonical, parse } from "/static/js/sealed/canonical.js";
import * as chunked from "/static/js/sealed/chunked.js";
import { SealingWorker } from "/static/js/sealed/client.js";
import * as cms from "/static/js/sealed/cms.js";
import * as coin from "/static/js/sealed/coin.js";
import * as content from "/static/js/sealed/content.js";
import * as curves from "/static/js/sealed/curves.js";
import { hkdf, sha512 } from "/static/js/sealed/digest.js";
import * as folder from "/static/js/sealed/folder.js";
import { check as checkHeader, headerSha256, isPlain } from "/static/js/sealed/header.js";
import * as hpke from "/static/js/sealed/hpke.js";
import * as keysets from "/static/js/sealed/keyset.js";
import * as modular from "/static/js/sealed/modular.js";
import * as opening from "/static/js/sealed/opening.js";
import { inForce } from "/static/js/sealed/postpone.js";
import * as rehearsal from "/static/js/sealed/rehearsal.js";
import { Refusal } from "/static/js/sealed/refusal.js";
import * as roll from "/static/js/sealed/roll.js";
import * as seals from "/static/js/sealed/seal.js";
import * as secrets from "/static/js/sealed/secret.js";
import { Sha256 } from "/static/js/sealed/sha256.js";
import * as shamir from "/static/js/sealed/shamir.js";
import * as signing from "/static/js/sealed/signing.js";
import * as statement from "/static/js/sealed/statement.js";
import { Store } from "/static/js/sealed/store.js";
import * as tickets from "/static/js/sealed/tickets.js";
import * as trust from "/static/js/sealed/trust.js";
import * as library from "/static/vendor/noble-curves-2.4.0/abstract/modular.js";
import { ed25519 } from "/static/vendor/noble-curves-2.4.0/ed25519.js";

const map = (object, change) => Object.fromEntries(Object.entries(object).map(([name, one]) => [name, change(one)]));
const all = async (source) => {
  const out = [];
  for await (const piece of source) out.push(piece.slice());
  return concat(...out);
};
const digestHex = async (data) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", data)));
const filled = ({ start, length, end }) => {
  const out = new Uint8Array(length);
  out.set(unhex(start).subarray(0, length));
  if (end && length) out.set(unhex(end), length - 1);
  return out;
};
const verdictJson = ({ verdict, falseShares, ...rest }) => {
  const out = { verdict, false_shares: falseShares };
  if (verdict === "void") return { ...out, reason: rest.reason.code };
  out.cried_bad = rest.criedBad;
  if (verdict === "open") out.secret = hex(rest.secret);
  if (verdict === "waiting") Object.assign(out, { absent: rest.absent, shares: rest.shares });
  return out;
};

let worker = null;
const theWorker = () => (worker ??= new SealingWorker());

const CALLS = {
  canonical: (value) => hex(canonical(value)),
  parse: (data) => hex(canonical(parse(unhex(data)))),
  message: (type, object) => hex(signing.message(type, object)),
  sign: async (type, object, seed) => signing.sign(type, object, await curves.signer(unhex(seed))),
  verify: (type, envelope, key) => signing.verify(type, envelope, key ?? undefined),
  checkKey: (key) => curves.checkEd25519(unhex(key)),
  // A key with a part of order eight, and a signature by it that only a verifier with cofactor takes for all data.
  twistedSignature: async (seed, nonce, data) => {
    const { Point } = ed25519;
    const [a, r] = [seed, nonce].map((text) => Point.Fn.create(toNumber(unhex(text))));
    const eighth = Point.fromBytes(unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"));
    const key = Point.BASE.multiply(a).add(eighth).toBytes();
    const first = Point.BASE.multiply(r).toBytes();
    const k = toNumber((await sha512(first, key, unhex(data))).reverse());
    const s = fromNumber(Point.Fn.create(r + k * a), 32).reverse();
    return { key: hex(key), signature: hex(concat(first, s)) };
  },
  checkSignature: (key, data, signature) => curves.verify(unhex(key), unhex(data), unhex(signature)),
  cms: async (file, data, pems, at) => {
    const found = await cms.verify(cms.fileToDer(unhex(file)), unhex(data), cms.authorities(pems), at);
    return { certificate: hex(found.encoded), organisations: found.organisations, numbers: found.numbers };
  },
  keyset: async (value, suite) => {
    const made = await keysets.parse(value, suite);
    return { kid: hex(made.kid), n: made.n, t: made.t };
  },
  conditions: (part, notBefore) => keysets.conditions(part, notBefore),
  checkSigned: async (value, envelopes, keys) => keysets.checkSigned(await keysets.parse(value), envelopes, keys),
  summary: async (value, custodians) => keysets.summary(await keysets.parse(value), custodians),
  keyPair: async (seed) => map(await hpke.deriveKeyPair(unhex(seed)), hex),
  custodianSeed: async (master, what) =>
    hex(
      await hkdf(
        unhex(master),
        new Uint8Array(0),
        concat(new TextEncoder().encode("mingjing/custodian/v1\0"), canonical(what)),
        32,
      ),
    ),
  x25519: async (secret, key) => hex(await curves.x25519(unhex(secret), unhex(key))),
  checkX25519: (key) => curves.checkX25519(unhex(key)),
  hpke: async ({ pkRm, skRm, ikmE, info, encryption }) => {
    const ephemeral = await hpke.deriveKeyPair(unhex(ikmE));
    const [to, about, aad] = [unhex(pkRm), unhex(info), unhex(encryption.aad)];
    const sealed = await hpke.seal(to, about, unhex(encryption.pt), ephemeral, aad);
    const opened = await hpke.open({ secret: unhex(skRm), publicKey: to }, about, sealed, aad);
    return { skEm: hex(ephemeral.secret), pkEm: hex(ephemeral.publicKey), sealed: hex(sealed), opened: hex(opened) };
  },
  share: (secret, rows, n) =>
    Array.from({ length: n }, (_, at) =>
      hex(
        shamir.share(
          unhex(secret),
          rows.map((row) => unhex(row)),
          at + 1,
        ),
      ),
    ),
  combine: (shares) => hex(shamir.combine(new Map(shares.map(([place, one]) => [place, unhex(one)])))),
  seal: async ({ keyset, author_key, secret, n16, contents }) => {
    const made = await keysets.parse(keyset);
    const ctx = await seals.context(made.kid, unhex(author_key), unhex(n16));
    const derived = {};
    for (const what of ["coef1", "encap1", "form", "files"])
      derived[what] = hex(await seals.derive(unhex(secret), ctx, what));
    const seal = await seals.sealSecret(made, unhex(author_key), unhex(secret), unhex(n16), contents ?? undefined);
    return { context: hex(ctx), derived, seal };
  },
  parseSeal: async (value, keyset) => seals.parse(value, await keysets.parse(keyset)) && null,
  // Of each pair: remainder, power, inverse where there is one; by our own lines and by the library's.
  modular: (rows) => [modular, library].map(({ mod, pow, invert }) => rows.map(([a, n]) => {
    let inverse = "none";
    try {
      inverse = String(invert(BigInt(a), BigInt(n)));
    } catch {
      // Said by "none".
    }
    return [String(mod(BigInt(a), BigInt(n))), String(pow(BigInt(a), 65537n, BigInt(n))), inverse];
  })),
  padding: (length) => ({ padded: content.paddedSize(length), ciphertext: content.ciphertextSize(length) }),
  encrypt: async ({ key, context, salt, plain }) => {
    const out = [];
    const how = { key: unhex(key), context: unhex(context), salt: unhex(salt) };
    const source = [unhex(plain).subarray(0, 7), unhex(plain).subarray(7)];
    const made = await content.encrypt(how, source, unhex(plain).length, (piece) => out.push(piece.slice()));
    return { ciphertext: hex(concat(...out)), size: made.size, sha256: hex(made.sha256) };
  },
  decrypt: async ({ key, context, ciphertext }) =>
    hex(await all(content.decrypt({ key: unhex(key), context: unhex(context) }, [unhex(ciphertext)]))),
  refusedPadding: async ({ key, context, salt }, one) => {
    const how = { key: unhex(key), context: unhex(context), salt: unhex(salt) };
    const ciphertext = await all(chunked.encrypt(how, [filled(one)]));
    const sha256 = await digestHex(ciphertext);
    return { sha256, code: await codeOf(async () => all(content.decrypt(how, [ciphertext]))) };
  },
  decryptChunks: async ({ key, context, ciphertext }, hash, step) => {
    const data = unhex(ciphertext);
    const pieces = [];
    for (let at = 0; at < data.length; at += step) pieces.push(data.subarray(at, at + step));
    return digestHex(await all(chunked.decrypt({ key: unhex(key), context: unhex(context), hash }, pieces)));
  },
  verdict: async (keyset, authorKey, seal, answers, given) => {
    const bytes = (one) => (one === "bad" ? one : unhex(one));
    const made = await keysets.parse(keyset);
    return verdictJson(await opening.verdict(seal, made, unhex(authorKey), map(answers, bytes), map(given, bytes)));
  },
  openCapsule: async (keyset, authorKey, seal, custodian, seed) => {
    const made = await keysets.parse(keyset);
    const ctx = await seals.context(made.kid, unhex(authorKey), unhex(seal.n16));
    const found = await opening.openCapsule(seal, made, ctx, custodian, unhex(seed));
    return found === "bad" ? found : hex(found);
  },
  inForce: async (keyset, kids, signed) => inForce(await keysets.parse(keyset), kids, signed),
  header: async (header, part) => {
    checkHeader(header, part);
    return hex(await headerSha256(header));
  },
  headerSha256: async (header) => hex(await headerSha256(header)),
  plainName: (name) => isPlain(name),
  ticket: async (secret, tender, lot, spki, blindSignature) => {
    const key = await secrets.imported(unhex(secret));
    const asked = await tickets.request(key, tender, lot, unhex(spki));
    const { bidKey, prefix, salt, blindSeed, r, blinded } = asked;
    const ticket = blindSignature ? await asked.finalize(unhex(blindSignature)) : null;
    if (ticket) await tickets.check(ticket, bidKey, unhex(spki));
    const out = map({ bid_key: bidKey, prefix, salt, blind_seed: blindSeed, blinded_message: blinded }, hex);
    return { ...out, r: hex(tickets.spelled(r)), ticket };
  },
  checkTicket: (ticket, key, spki) => tickets.check(ticket, unhex(key), unhex(spki)),
  rfc9474: async ({ n, r: blinding, msg, msg_prefix: prefix, salt, blindSignature }) => {
    const modulus = BigInt(`0x${n}`);
    const r = BigInt(`0x${blinding}`);
    const prepared = concat(unhex(prefix), unhex(msg));
    const blinded = await blindrsa.blind(modulus, prepared, unhex(salt), r);
    const signature = blindSignature ? hex(blindrsa.unblind(modulus, unhex(blindSignature), r)) : null;
    return { blinded: hex(blinded), signature };
  },
  alpha: async (purpose, which, values) =>
    hex(
      await coin.alpha(
        purpose,
        which,
        map(values, (one) => unhex(one)),
      ),
    ),
  index: (alpha, lot, name, count) => coin.index(unhex(alpha), lot, name, count),
  coefficient: (alpha, lot, name, values) => coin.coefficient(unhex(alpha), lot, name, values),
  rehearsalKeyset: async (nonce, part, t, keys, at) => {
    const made = await rehearsal.build(nonce, part, t, keys, at);
    return { keyset: made.json, kid: hex(made.kid) };
  },
  toWords: async (secret) => (await backup.toWords(unhex(secret))).join(" "),
  fromWords: async (words) => hex(await backup.fromWords(words)),
  trust: (data) => trust.parse(unhex(data)),
  rollEntry: async (value) => hex(await roll.entryOf(value)),
  terms: (leaves) => bid.terms(leaves),
  submission: async (value, seed) => {
    const envelope = await bid.submission(value, await curves.signer(unhex(seed)));
    return { envelope, sha256: await bid.messageSha256(envelope) };
  },
  withdrawal: async (value, seed) => bid.withdrawal(value, await curves.signer(unhex(seed))),
  issuance: async ({ tender, lot, blinded }, seed) =>
    bid.issuance({ tender, lot, blinded: unhex(blinded) }, await curves.signer(unhex(seed))),
  requestHeaders: async (seed, { body, ...what }, ticket) =>
    bid.requestHeaders(await curves.signer(unhex(seed)), { ...what, body: unhex(body) }, ticket ?? undefined),
  receipt: (envelope, boxKey, wanted) => bid.receipt(envelope, boxKey, wanted),
  statement: (about, blindSeed, headers, parties) => statement.build(about, unhex(blindSeed), headers, parties),
  toSign: (value) => hex(statement.toSign(value)),
  keySignature: async (value, seed) => statement.keySignature(value, await curves.signer(unhex(seed))),
  sha256: async (sizes) => {
    const hash = new Sha256();
    const data = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0)).map((_, at) => at * 7);
    let at = 0;
    for (const size of sizes) hash.update(data.subarray(at, (at += size)));
    return [hex(hash.digest()), await digestHex(data)];
  },
  // What the worker does; files come as hex, ciphertexts go out as hex.
  hashFiles: (files) => theWorker().run({ type: "hash", files: files.map((file) => new Blob([unhex(file)])) }),
  sealInWorker: async ({ files, ...order }) => {
    const steps = [];
    const blobs = files.map((file) => new Blob([unhex(file)]));
    const whole = { type: "seal", ...order, files: blobs };
    const made = await theWorker().run(whole, { onProgress: (done, total) => steps.push([done, total]) });
    const ciphertexts = {};
    for (const [kind, name] of Object.entries(made.ciphertexts)) {
      ciphertexts[kind] = hex(new Uint8Array(await (await folder.file(order.folder, name)).arrayBuffer()));
    }
    await folder.remove(order.folder);
    return { seal: made.seal, ciphertexts, steps };
  },
  openInWorker: ({ answers, form, files, ...order }) =>
    theWorker().run({
      ...{ type: "open", ...order, answers: map(answers, (one) => (one === "bad" ? one : unhex(one))) },
      ...{ form: new Blob([unhex(form)]), files: new Blob([unhex(files)]) },
    }),
  secretStays: async (secret) => {
    const store = await Store.open("test");
    await store.addSecret("party", await secrets.imported(unhex(secret)));
    store.close();
    const again = await Store.open("test");
    const key = await again.secret("party");
    const overwritten = await nameOf(() => again.addSecret("party", key));
    const { publicKey } = await tickets.bidKey(key, "t-1", "lot-1");
    const read = await nameOf(() => crypto.subtle.exportKey("raw", key));
    await again.removeSecret("party");
    const gone = (await again.secret("party")) === undefined;
    again.close();
    return { bid_key: hex(publicKey), extractable: key.extractable, read, overwritten, gone };
  },
  // Starts to seal `size` bytes and stops after the first progress; what is left in the folder afterwards.
  abortSeal: async ({ size, ...order }) => {
    const controller = new AbortController();
    const files = [new Blob([new Uint8Array(size)])];
    const name = await nameOf(() =>
      theWorker().run(
        { type: "seal", ...order, files },
        { signal: controller.signal, onProgress: () => controller.abort() },
      ),
    );
    const left = [];
    for await (const entry of (await folder.folder(order.folder)).keys()) left.push(entry);
    return { name, left };
  },
};

async function nameOf(act) {
  try {
    await act();
    return null;
  } catch (error) {
    return error.name;
  }
}

async function codeOf(act) {
  try {
    await act();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

/** Calls of a list, one after the other: `{value}` or `{code, params}` of each; whatever else is thrown goes out. */
export async function run(curve, calls) {
  curves.choose(curve);
  await theWorker().run({ type: "curves", name: curve });
  const out = [];
  for (const [name, ...given] of calls) {
    try {
      out.push({ value: (await CALLS[name](...given)) ?? null });
    } catch (error) {
      if (!(error instanceof Refusal)) throw new Error(`${name}: ${error.name}: ${error.message}\n${error.stack}`);
      out.push({ code: error.code, params: error.params });
    }
  }
  return out;
}
