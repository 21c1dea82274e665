/** Who bids in this browser: the organisation as registered, and the keys that follow from its bidding secret. */
import { hex } from "../sealed/bytes.js";
import { signer } from "../sealed/curves.js";
import { label } from "../sealed/digest.js";
import { derive, imported } from "../sealed/secret.js";
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
 * @returns {Promise<{secret: CryptoKey|null, keys: {seal: object, person: object}|null, registered: boolean,
 *   unwritten: {login: string, bytes: Uint8Array}|null}>} `registered`: whether the secret's keys are those that the
 *   centre has registered for this organisation; `unwritten`: the secret that signing up made, until its words are written
 */
export function identity() {
  return Store.with(async (store) => {
    const kept = (await store.secret(own().party)) ?? null;
    const unwritten = kept === null ? await signedUp(store) : null;
    const secret = unwritten ? await imported(unwritten.bytes) : kept;
    if (secret === null) return { secret, keys: null, registered: false, unwritten };
    const keys = await keysOf(secret);
    return { secret, keys, registered: isRegistered(keys), unwritten };
  });
}

const isRegistered = ({ seal, person }) =>
  hex(seal.publicKey) === own().seal_key && hex(person.publicKey) === own().person_key;

// Signing up keeps the bytes of the secret under the login. Whose they are their keys say.
async function signedUp(store) {
  for (const found of await store.readable()) {
    if (isRegistered(await keysOf(await imported(found.bytes)))) return found;
  }
  return null;
}

/**
 * Keeps a secret as a key that no script can read out, in the place of another one only if `replace`; whoever has shown
 * its words needs no bytes of it any more: they are forgotten, whichever login they lie under.
 * @param {CryptoKey} secret
 * @param {boolean} replace
 */
export async function keep(secret, replace) {
  const { seal } = await keysOf(secret);
  await Store.with(async (store) => {
    if (replace) await store.putSecret(own().party, secret);
    else await store.addSecret(own().party, secret);
    for (const { login, bytes } of await store.readable()) {
      const other = await keysOf(await imported(bytes));
      if (hex(other.seal.publicKey) === hex(seal.publicKey)) await store.removeSecret(login);
    }
  });
  // Asked for once there is something to lose: the browser may else clear it when its disk is full.
  await navigator.storage?.persist?.();
}
