/** The key of an organisation's bid on a lot; by itself, so that a page that only signs needs nothing of tickets. */
import { concat } from "./bytes.js";
import { canonical } from "./canonical.js";
import { signer } from "./curves.js";
import { label } from "./digest.js";
import { derive } from "./secret.js";

/**
 * The key that signs an organisation's bid on a lot.
 * @param {import("./secret.js").BiddingSecret} secret
 * @param {string} tender
 * @param {string} lot
 * @returns {Promise<import("./curves.js").Signer>}
 */
export async function bidKey(secret, tender, lot) {
  return signer(await derive(secret, concat(label("bid-key"), canonical({ lot, tender })), 32));
}
