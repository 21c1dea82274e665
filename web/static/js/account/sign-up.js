// Signing up with a passkey: the name is in the form, which without this script signs up with a password.
import { byButton, create, possible, post } from "./ceremony.js";

const form = document.querySelector("[data-passkey-sign-up]");
const part = form?.querySelector("[data-passkey-part]");

if (part && possible()) {
  part.hidden = false;
  byButton(part, async () => {
    const { name, link, next } = form.elements;
    const options = await post("/account/passkeys/sign-up/options", { name: name.value });
    const credential = await create(options);
    const done = await post("/account/passkeys/sign-up", { credential, link: link.value, next: next.value });
    location.assign(done.next);
  });
}
