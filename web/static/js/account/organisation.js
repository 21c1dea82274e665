// Fills the two public keys in, from the secret that this browser keeps; a person may put others there.
import { publicKeys } from "./keys.js";

const form = document.querySelector("[data-organisation]");

if (form) {
  const { seal_key: seal, person_key: person } = form.elements;
  try {
    if (!seal.value && !person.value) {
      const keys = await publicKeys(form.dataset.login);
      seal.value = keys.sealKey;
      person.value = keys.personKey;
    }
  } catch {
    form.querySelector("[data-keys-error]").hidden = false;
  }
}
