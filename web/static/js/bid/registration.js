/**
 * A party's entry as it travels: with the registration whose keys signed it, and that one's proof.
 *
 * So whoever takes a partner's entry asks nobody who the partner is: asking would tell of a joint bid (decision 0017).
 */
import { canonical, members } from "../sealed/canonical.js";
import { utf8 } from "../sealed/bytes.js";
import { Refusal } from "../sealed/refusal.js";
import { proved } from "./known.js";

/**
 * @typedef {{party: string, uscc: string, name: {zh: string, en: string}, seal_key: string, person: {ref: string, key: string}, holds: string[]}} Party
 * @typedef {{party: string, seal: object, person: object}} Entry as it stands in the sealed header
 */

/**
 * Who an organisation is, as the witnessed log has it.
 * @param {import("./known.js").Proved} one
 * @param {string} party the id it must be
 * @param {import("./trust.js").TrustFile} trust
 * @returns {Promise<Party>} refuses with `home.not_registered`, `client.not_in_log`, `proof.*`, `checkpoint.*`, `merkle.*`
 */
export async function registered(one, party, trust) {
  const { event } = await proved(members(one, "event salt index proof"), trust);
  const first = event.stream === `party/${party}` && event.version === 1 && event.type === "party.registered";
  if (!first || event.public.party !== party) throw new Refusal("home.not_registered", { party: party.slice(0, 64) });
  return event.public;
}

/**
 * The file that a partner gives back to the lead.
 * @param {Entry} entry
 * @param {import("./identity.js").Own} own its page's own organisation
 * @param {import("./trust.js").TrustFile} trust
 * @returns {Promise<Blob>} refuses as `registered` does, `client.not_in_log` before witnesses have seen the registration
 */
export async function entryFile(entry, own, trust) {
  const [registration] = own.events;
  if (!registration) throw new Refusal("home.not_registered", { party: own.party });
  await registered(registration, entry.party, trust);
  return new Blob([canonical({ ...entry, registration }), utf8("\n")], { type: "application/json" });
}

/**
 * @param {unknown} value what stood in such a file
 * @param {import("./trust.js").TrustFile} trust
 * @returns {Promise<{entry: Entry, party: Party}>} refuses as `registered` does, and with `canonical.*`; who signed what is not checked
 */
export async function readEntry(value, trust) {
  const { registration, ...entry } = members(value, "party seal person registration");
  return { entry, party: await registered(registration, String(entry.party), trust) };
}
