/** The page of the bidding secret: made, written down and read back; restored; whose keys follow from it. */
import { hex } from "../sealed/bytes.js";
import { toWords } from "../sealed/backup.js";
import { create, imported, restored } from "../sealed/secret.js";
import { Refusal } from "../sealed/refusal.js";
import { copy, element, sayError, tell, text, told } from "./kit.js";
import { keep } from "./identity.js";
import * as forget from "./forget.js";
import { take } from "./trust.js";

const COUNT = 24;
const ASKED = 3;

let made = null;

/** @param {object} who @param {{fingerprint: string, changed: string}} believed @returns {Promise<void>} once all of the page answers */
export async function wire(who, believed) {
  const { unwritten } = who;
  const there = who.secret !== null && !unwritten;
  stand(who);
  element("make").hidden = there;
  element("restore").hidden = false;
  element("replacing").hidden = !there;
  element("make-now").addEventListener("click", () => make(unwritten).catch((error) => tell(element("secret-state"), sayError(error))));
  element("print").addEventListener("click", () => print());
  element("confirm").addEventListener("submit", (event) => { event.preventDefault(); confirm(); });
  element("restoring").addEventListener("submit", (event) => { event.preventDefault(); restore(there); });
  suggest();
  pasteAll();
  element("trust-fingerprint").textContent = believed.fingerprint;
  if (believed.changed) {
    tell(element("trust-changed"), text("trust_changed", { fingerprint: believed.changed }));
    element("trust-take").hidden = false;
    element("trust-take").addEventListener("click", () => take(believed.changed).then(anew, (error) => tell(element("trust-changed"), sayError(error))));
  }
  await told(forget.wire(who), element("forget-error"));
}

// What came of it stands at the top of the page; by itself a browser goes back to where the button was.
function anew() {
  history.scrollRestoration = "manual";
  location.reload();
}

function stand({ secret, keys, registered, unwritten }) {
  const key = unwritten ? "secret_unwritten" : secret === null ? "secret_none" : registered ? "secret_here" : "secret_other";
  tell(element("secret-state"), text(key));
  element("seal-key").textContent = keys ? hex(keys.seal.publicKey) : "";
  element("person-key").textContent = keys ? hex(keys.person.publicKey) : "";
}

async function make(unwritten) {
  made = unwritten ? { secret: await imported(unwritten.bytes), words: await toWords(unwritten.bytes) } : await create();
  element("make").hidden = true;
  element("written").hidden = false;
  element("words").replaceChildren(...made.words.map((word) => Object.assign(document.createElement("li"), { textContent: word })));
  const places = new Set();
  while (places.size < ASKED) places.add(crypto.getRandomValues(new Uint32Array(1))[0] % COUNT);
  element("asked").replaceChildren(...[...places].sort((one, other) => one - other).map((place) => {
    const row = copy("asked-word");
    const [label, input] = [row.querySelector("label"), row.querySelector("input")];
    input.id = `asked-${place + 1}`;
    input.dataset.place = place;
    label.htmlFor = input.id;
    label.textContent = text("word_at", { place: place + 1 });
    return row;
  }));
  element("written-title").focus();
}

// The secret is kept only once somebody has shown that the words are written down.
async function confirm() {
  const wrong = [...element("asked").querySelectorAll("input")].filter((input) => {
    const right = input.value.trim().toLowerCase() === made.words[Number(input.dataset.place)];
    input.setAttribute("aria-invalid", String(!right));
    tell(input.nextElementSibling, right ? "" : text("word_wrong", { place: Number(input.dataset.place) + 1 }));
    return !right;
  });
  if (wrong.length) {
    wrong[0].focus();
    return;
  }
  try {
    await keep(made.secret, false);
    made = null;
    anew();
  } catch (error) {
    tell(element("confirm-summary"), sayError(error));
  }
}

const fields = () => Array.from({ length: COUNT }, (_, at) => element(`word-${at + 1}`));

// The list is fetched by the same module that reads the words; the browser shows it as one types.
async function suggest() {
  const answer = await fetch(new URL("../sealed/bip39_english.txt", import.meta.url));
  if (!answer.ok) return;
  const words = (await answer.text()).trim().split(/\s+/);
  element("word-list").replaceChildren(...words.map((value) => Object.assign(document.createElement("option"), { value })));
  const known = new Set(words);
  for (const field of fields()) {
    field.addEventListener("focusout", () => mark(field, field.value.trim() === "" || known.has(field.value.trim().toLowerCase())));
  }
}

function mark(field, right) {
  field.setAttribute("aria-invalid", String(!right));
  tell(element(`${field.id}-error`), right ? "" : text("not_a_word"));
}

// All words pasted into one field fall into theirs.
function pasteAll() {
  for (const [at, field] of fields().entries()) {
    field.addEventListener("paste", (event) => {
      const words = event.clipboardData.getData("text").trim().split(/[\s,，、.]+|\d+[.、]/).filter((word) => /[a-z]/i.test(word));
      if (words.length < 2) return;
      event.preventDefault();
      fields().slice(at).forEach((one, nth) => { if (nth < words.length) one.value = words[nth]; });
    });
  }
}

async function restore(there) {
  tell(element("restore-summary"), "");
  const typed = fields().map((field) => field.value.trim());
  const empty = fields().filter((field) => field.value.trim() === "");
  for (const field of fields()) mark(field, true);
  if (empty.length) {
    for (const field of empty) tell(element(`${field.id}-error`), text("word_missing"));
    empty[0].focus();
    return;
  }
  if (there && !element("replace-yes").checked) {
    tell(element("restore-summary"), text("replace_first"));
    element("replace-yes").focus();
    return;
  }
  try {
    await keep(await restored(typed.join(" ")), there);
    anew();
  } catch (error) {
    if (error instanceof Refusal && error.code === "sealed.backup_word") {
      const field = element(`word-${error.params.place}`);
      mark(field, false);
      field.focus();
    } else {
      tell(element("restore-summary"), sayError(error));
      element("restore-summary").focus();
    }
  }
}
