// Signing in by passkey: by the button, or from the autofill of the name field where the browser has that.
import { byButton, get, possible, post } from "./ceremony.js";

const part = document.querySelector("[data-passkey-sign-in]");

// Which lot somebody came for stands behind `#`, which no server is told: it goes along to the page after signing in.
if (location.hash) {
  for (const form of document.querySelectorAll("main form")) form.action += location.hash;
  for (const link of document.querySelectorAll('main a[href^="/account/sign-"]')) link.hash = location.hash;
}

/** @param {object} credential */
async function signIn(credential) {
  const { next } = await post("/account/passkeys/sign-in", { credential, next: part.dataset.next });
  location.assign(next + location.hash);
}

/** Waits for a passkey chosen from the autofill; the button takes its place, as only one may wait at a time. */
async function autofill(signal) {
  const options = await post("/account/passkeys/sign-in/options", {});
  if (!signal.aborted) await signIn(await get(options, { mediation: "conditional", signal }));
}

if (part && possible()) {
  part.hidden = false;
  const waiting = new AbortController();
  byButton(part, async () => {
    waiting.abort();
    await signIn(await get(await post("/account/passkeys/sign-in/options", {})));
  });
  const conditional = await PublicKeyCredential.isConditionalMediationAvailable?.();
  if (conditional) {
    // Whatever goes wrong here, nobody asked for it: the button and the form below say what there is to say.
    autofill(waiting.signal).catch(() => undefined);
  }
}
