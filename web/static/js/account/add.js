// One more passkey for who is signed in.
import { byButton, create, possible, post } from "./ceremony.js";

const part = document.querySelector("[data-passkey-add]");

if (part && possible()) {
  part.hidden = false;
  byButton(part, async () => {
    const credential = await create(await post("/account/passkeys/add/options", {}));
    const done = await post("/account/passkeys/add", { credential });
    location.assign(done.next);
  });
}
