/**
 * Whose keys this browser believes: the trust file that it saw first, until somebody compared another one.
 *
 * A page has no trust file from elsewhere, so the first one is taken on the platform's word; its fingerprint is shown for
 * comparing with what the institutions publish. One that differs later is never taken by itself (decision 0017).
 */
import { parse } from "../sealed/canonical.js";
import { Refusal } from "../sealed/refusal.js";
import { read } from "../sealed/trust.js";
import { get, put } from "./keep.js";

const KEY = ["first"];

/**
 * @typedef {{log: {origin: string, key: string}, box_key: string, witnesses: {name: string, key: string}[],
 *   witness_threshold: number, custodians: {id: string, name: {zh: string, en: string}, key: string}[]}} TrustFile
 */

/** @returns {Promise<{file: TrustFile, fingerprint: string}>} as the platform tells it now */
export async function told() {
  const answer = await fetch("/api/trust", { credentials: "omit" });
  if (!answer.ok) throw new Refusal("http.unreachable", { address: location.origin });
  const data = new Uint8Array(await answer.arrayBuffer());
  const file = parse(data.at(-1) === 10 ? data.slice(0, -1) : data);
  return { file, fingerprint: (await read(file)).fingerprint };
}

/** @returns {Promise<{file: TrustFile, fingerprint: string, changed: string}>} `changed`: another one's fingerprint, or "" */
export async function trust() {
  const now = await told();
  const first = await get("trust", KEY);
  if (first === undefined) {
    await put("trust", KEY, now);
    return { ...now, changed: "" };
  }
  return { ...first, changed: first.fingerprint === now.fingerprint ? "" : now.fingerprint };
}

/** Takes another trust file, after a person has compared its fingerprint. @param {string} fingerprint */
export async function take(fingerprint) {
  const now = await told();
  if (now.fingerprint !== fingerprint) throw new Refusal("client.document_differs", { sha256: fingerprint });
  await put("trust", KEY, now);
}
