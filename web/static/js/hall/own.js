/**
 * What a bidder sees besides: which rows are its own, and the forms for objections and explanations. It is worked out in this browser, of
 * its own secrets and the rows that everybody has. Nothing is asked of anybody before an objection is handed in, and
 * what is fetched for it is fetched by every visitor's browser.
 */
import { bidKey } from "../sealed/bidkey.js";
import { hex } from "../sealed/bytes.js";
import { choose } from "../sealed/curves.js";
import { imported } from "../sealed/secret.js";
import { Store } from "../sealed/store.js";
import { Explaining } from "./explain.js";
import { Objecting } from "./object.js";

/** @typedef {{key: string, signer: import("../sealed/curves.js").Signer}} Own */

/**
 * @param {HTMLElement} root the hall
 * @param {import("./clock.js").Clock} clock
 */
export async function own(root, clock) {
  // Also where there is no secret: which curves are fetched may only tell which browser it is.
  choose("auto");
  const [form, low] = ["[data-bidder-form]", "[data-explain-form]"].map((one) => root.querySelector(one));
  if (!(form instanceof HTMLElement) || !(low instanceof HTMLElement) || root.classList.contains("wall")) {
    return;
  }
  const about = { tender: String(root.dataset.tender), lot: String(root.dataset.lot) };
  const forms = [new Objecting(root, form, clock, about), new Explaining(root, low, clock, about)];
  const look = async () => {
    const bids = await ownBids(about);
    mark(root, new Set(bids.map(({ key }) => key)));
    for (const one of forms) one.of(bids);
  };
  await look();
  const again = () => look().catch((error) => console.error(error));
  root.addEventListener("hall:message", () => {
    mark(root, forms[0].keys);
    for (const one of forms) one.show();
  });
  // A secret may have been restored in another tab.
  document.addEventListener("visibilitychange", () => document.hidden || again());
}

/** @param {Element} root @param {Set<string>} keys */
function mark(root, keys) {
  for (const row of root.querySelectorAll("[data-rows] [data-bid-key]")) {
    const ours = keys.has(String(row.getAttribute("data-bid-key")));
    row.classList.toggle("marked", ours);
    row.querySelector("[data-slot=own]")?.toggleAttribute("hidden", !ours);
  }
}

/**
 * The bid keys that this browser's secrets have in a lot. Nothing is read of drafts and receipts: nobody needs to have
 * signed in here, and that a bid was withdrawn is for its own bidder to know, who sees it in its room.
 * @param {{tender: string, lot: string}} about
 * @returns {Promise<Own[]>}
 */
async function ownBids({ tender, lot }) {
  const signers = await Promise.all((await secrets()).map((secret) => bidKey(secret, tender, lot)));
  return signers.map((signer) => ({ key: hex(signer.publicKey), signer }));
}

/** @returns {Promise<CryptoKey[]>} every secret of this browser, those of signing up among them */
async function secrets() {
  const found = await Store.with((store) => store.all());
  return Promise.all(found.map(({ kept }) => (kept instanceof CryptoKey ? kept : imported(kept))));
}
