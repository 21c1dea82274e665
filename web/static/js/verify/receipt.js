// A receipt that came in the address, behind the `#`: read and checked here. The platform gets it by the person's button only.
import { trust } from "../bid/trust.js";
import { beijing } from "../parts/time.js";
import { canonical } from "../sealed/canonical.js";
import { carries, receiptOf } from "../sealed/receiptlink.js";
import { Refusal } from "../sealed/refusal.js";
import { verify } from "../sealed/signing.js";

const place = document.getElementById("carried");
const said = document.getElementById("carried-said");
const TIMES = new Set(["at", "minute"]);

// Asked on every visit, once, whatever the address carries: asking only for a receipt would tell the office who holds one.
const believed = trust().then(({ file }) => file, (error) => {
  if (error instanceof Refusal || error instanceof TypeError) return null;
  throw error;
});

/** @returns {import("../sealed/signing.js").Envelope|null} null if the address carries something that is none */
function read() {
  try {
    return receiptOf(location.hash);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** @param {import("../sealed/signing.js").Envelope} envelope @returns {Promise<"signed"|"forged"|"unknown">} by the trust file this browser believes */
async function judged(envelope) {
  const file = await believed;
  if (file === null) return "unknown";
  try {
    await verify("receipt", envelope, file.box_key);
    return "signed";
  } catch (error) {
    if (error instanceof Refusal) return "forged";
    throw error;
  }
}

/** Hands the receipt over like a file that somebody chose. @param {object} envelope */
function handOver(envelope) {
  const form = document.getElementById("check");
  const chosen = new DataTransfer();
  chosen.items.add(new File([canonical(envelope), "\n"], `receipt-${envelope.object.lot}.json`, { type: "application/json" }));
  form.elements.file.files = chosen.files;
  form.requestSubmit();
}

async function show() {
  if (!carries(location.hash)) return;
  const envelope = read();
  place.hidden = false;
  document.getElementById("carried-facts").hidden = envelope === null;
  if (envelope !== null) {
    for (const one of place.querySelectorAll("[data-fact]")) {
      const value = envelope.object[one.dataset.fact];
      one.textContent = TIMES.has(one.dataset.fact) ? beijing(value) : value;
    }
    document.getElementById("carried-go").onclick = () => handOver(envelope);
  }
  const found = envelope === null ? "broken" : await judged(envelope);
  said.textContent = place.dataset[found];
  place.dataset.found = found;
  document.getElementById("carried-title").focus();
}

addEventListener("hashchange", show);
show();
