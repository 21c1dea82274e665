/** A rehearsal: the whole way of a seal with throw-away keys and random bytes, answered by the custodians while one waits. */
import { hex, random, unhex } from "../sealed/bytes.js";
import { signer } from "../sealed/curves.js";
import { sha256 } from "../sealed/digest.js";
import { Refusal } from "../sealed/refusal.js";
import { build } from "../sealed/rehearsal.js";
import { checkOf, context, sealSecret } from "../sealed/seal.js";
import { element, room, sayError, tell, text } from "./kit.js";
import { office, pause } from "./lines.js";

const PART = "offer";
const BETWEEN = 500;
const SECONDS = 60;
const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";

const newId = () => [...random(16)].map((byte) => LETTERS[byte % 32]).join("");

/** What `ask` gives once it has as many as are wanted, or when the time is up. */
async function until(ask, wanted, end) {
  for (;;) {
    const found = await ask();
    if (Object.keys(found).length >= wanted || performance.now() >= end) return found;
    await pause(BETWEEN);
  }
}

/**
 * Rehearses with all custodians of the trust file: those of one tender would say which.
 * @param {import("./trust.js").TrustFile} trust
 * @returns {Promise<{found: number, wanted: number, good: string[]}>} refuses (`rehearsal.too_few`)
 */
export async function rehearse(trust) {
  const ids = trust.custodians.map(({ id }) => id).sort();
  const least = Math.max(2, Math.floor(ids.length / 2) + 1);
  const [nonce, begun] = [newId(), performance.now()];
  const keysAsked = async () => (await office("POST", "/office/rehearsals", { nonce, part: PART, custodians: ids })).keys;
  // Half the time for each: an institution that is down must not use up what the others need for their answers.
  const keys = await until(keysAsked, ids.length, begun + 500 * SECONDS);
  const count = Object.keys(keys).length;
  if (count < least) throw new Refusal("rehearsal.too_few", { found: count, wanted: least });
  const keyset = await build(nonce, PART, Math.max(least, Math.floor(count / 2) + 1), keys, new Date().toISOString());
  const author = await signer(random(32));
  const noise = { size: 64, sha256: hex(await sha256(random(64))) };
  const seal = await sealSecret(keyset, author.publicKey, random(32), random(16), { form: noise, files: noise });
  const body = { keyset: keyset.json, author_key: hex(author.publicKey), seal };
  const sharesAsked = async () => (await office("POST", "/office/rehearsals/shares", body)).answers;
  const answers = await until(sharesAsked, keyset.n, begun + 1000 * SECONDS);
  const ctx = await context(keyset.kid, author.publicKey, unhex(seal.n16, 16, "n16"));
  const good = [];
  for (const [at, id] of keyset.ids.entries()) {
    const share = answers[id]?.share;
    if (typeof share === "string" && hex(await checkOf(ctx, at + 1, unhex(share, 32, "share"))) === seal.checks[at]) good.push(id);
  }
  if (good.length < keyset.t) throw new Refusal("rehearsal.too_few", { found: good.length, wanted: keyset.t });
  return { found: good.length, wanted: keyset.t, good };
}

/** The button of a page. @param {import("./draft.js").Draft} draft @param {import("./trust.js").TrustFile} trust */
export function wire(draft, trust) {
  const button = element("rehearse-now");
  button.addEventListener("click", async () => {
    button.disabled = true;
    tell(element("rehearse-state"), text("rehearsing"));
    element("rehearsed").replaceChildren();
    try {
      const { found, wanted, good } = await rehearse(trust);
      element("rehearsed").replaceChildren(...trust.custodians.map(({ id, name }) => {
        const row = document.createElement("li");
        row.textContent = text(good.includes(id) ? "rehearsed" : "rehearsed_not", { custodian: name[room().dataset.lang] });
        return row;
      }));
      tell(element("rehearse-state"), text("rehearsal_done", { found, wanted }));
      await draft.note((state) => { state.rehearsed = new Date().toISOString(); });
    } catch (error) {
      tell(element("rehearse-state"), sayError(error));
    } finally {
      button.disabled = false;
    }
  });
}
