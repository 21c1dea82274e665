// Passkeys between the platform's JSON and the browser's API, and what a page says when it does not work.

/** @param {string} text unpadded base64url @returns {Uint8Array} */
export function unbase64(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

/** @param {ArrayBuffer|null} data @returns {string} unpadded base64url; empty for nothing */
export function base64(data) {
  const plain = Array.from(new Uint8Array(data ?? new ArrayBuffer(0)), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** What the platform refused, in the page's language. */
export class Refused extends Error {}

/**
 * Sends JSON to a route of ours; its answer. The page's language goes along, for what the platform says.
 * @param {string} path
 * @param {object} body
 * @returns {Promise<any>}
 */
export async function post(path, body) {
  const lang = document.documentElement.lang === "en" ? "en" : "zh";
  const answer = await fetch(`${path}?lang=${lang}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
    credentials: "same-origin",
  });
  const said = await answer.json();
  if (!answer.ok) throw new Refused(said.error.words[lang]);
  return said;
}

/** @param {any} options of the platform @returns {Promise<object>} the new credential, as the platform reads it */
export async function create(options) {
  const publicKey = {
    ...options,
    challenge: unbase64(options.challenge),
    user: { ...options.user, id: unbase64(options.user.id) },
    excludeCredentials: (options.excludeCredentials ?? []).map((one) => ({ ...one, id: unbase64(one.id) })),
  };
  const made = await navigator.credentials.create({ publicKey });
  const { clientDataJSON, attestationObject } = made.response;
  return {
    id: made.id,
    response: { clientDataJSON: base64(clientDataJSON), attestationObject: base64(attestationObject) },
  };
}

/**
 * @param {any} options of the platform
 * @param {{mediation?: string, signal?: AbortSignal}} how
 * @returns {Promise<object>} the assertion, as the platform reads it
 */
export async function get(options, how = {}) {
  const publicKey = { ...options, challenge: unbase64(options.challenge), allowCredentials: [] };
  const found = await navigator.credentials.get({ publicKey, ...how });
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
  return {
    id: found.id,
    response: {
      clientDataJSON: base64(clientDataJSON),
      authenticatorData: base64(authenticatorData),
      signature: base64(signature),
      userHandle: base64(userHandle),
    },
  };
}

/** @returns {boolean} whether this browser has passkeys at all */
export function possible() {
  return typeof PublicKeyCredential === "function" && Boolean(navigator.credentials);
}

/**
 * Runs a ceremony by a button: the button rests meanwhile, and what goes wrong is said beside it.
 * @param {HTMLElement} part with the button and the place for what goes wrong
 * @param {() => Promise<void>} what
 */
export function byButton(part, what) {
  const button = part.querySelector("[data-passkey-start]");
  const said = part.querySelector("[data-passkey-error]");
  button?.addEventListener("click", async () => {
    button.disabled = true;
    said.hidden = true;
    try {
      await what();
    } catch (error) {
      said.textContent = wordsOf(error, said);
      said.hidden = false;
      button.disabled = false;
      button.focus();
    }
  });
}

/** @param {Error} error @param {HTMLElement} said whose data attributes have the words @returns {string} */
function wordsOf(error, said) {
  if (error instanceof Refused) return error.message;
  if (error.name === "InvalidStateError") return said.dataset.known;
  return error.name === "NotAllowedError" ? said.dataset.cancelled : said.dataset.failed;
}
