/** Who bids in this browser: the organisation as registered, and the keys that follow from its bidding secret. */
import { hex } from "../sealed/bytes.js";
import { signer } from "../sealed/curves.js";
import { label } from "../sealed/digest.js";
import { derive } from "../sealed/secret.js";
import { Store } from "../sealed/store.js";
import { block } from "./kit.js";

/** @typedef {{party: string, uscc: string, name: string, seal_key: string, person_key: string, events: object[]}} Own */

/** @returns {Own} the organisation whose page this is */
export const own = () => block("own");

/**
 * The organisation's two keys, of its bidding secret.
 * @param {CryptoKey} secret
 * @returns {Promise<{seal: import("../sealed/curves.js").Signer, person: import("../sealed/curves.js").Signer}>}
 */
export async function keysOf(secret) {
  const [seal, person] = await Promise.all(["seal-key", "person-key"].map(async (name) => signer(await derive(secret, label(name), 32))));
  return { seal, person };
}

/**
 * @returns {Promise<{secret: CryptoKey|null, keys: {seal: object, person: object}|null, registered: boolean}>} `registered`:
 *   whether the secret's keys are those that the centre has registered for this organisation
 */
export async function identity() {
  const { party, seal_key: sealKey, person_key: personKey } = own();
  const store = await Store.open();
  try {
    const secret = (await store.secret(party)) ?? null;
    if (secret === null) return { secret, keys: null, registered: false };
    const keys = await keysOf(secret);
    const registered = hex(keys.seal.publicKey) === sealKey && hex(keys.person.publicKey) === personKey;
    return { secret, keys, registered };
  } finally {
    store.close();
  }
}

/** Keeps a secret, in the place of another one only if `replace`. @param {CryptoKey} secret @param {boolean} replace */
export async function keep(secret, replace) {
  const store = await Store.open();
  try {
    if (replace) await store.removeSecret(own().party);
    await store.addSecret(own().party, secret);
  } finally {
    store.close();
  }
  // Asked for once there is something to lose: the browser may else clear it when its disk is full.
  await navigator.storage?.persist?.();
}
