/** Enquiries, objections and explanations: letters that a bid key signs and the box takes. Nobody learns who asks. */
import { Box } from "./lines.js";

/** Kinds of objections; those to the documents go with a ticket, the others with an accepted bid. */
export const KINDS = ["documents", "opening", "result"];

/**
 * Hands in a letter.
 * @param {{url: string, signer: import("../sealed/curves.js").Signer, tender: string, lot: string, ticket?: object,
 *   onWait?: (seconds: number) => void}} from the box's origin, the bid key, the lot and its ticket; `onWait` is told
 *   when a busy box asks to come again
 * @param {{kind: "enquiry"|"explanation"|"documents"|"opening"|"result", text: string}} letter 4,000 characters at most
 * @returns {Promise<{id: string, at: string}>} refuses as the box does (`letter.*`, `submission.*`)
 */
export async function handIn({ url, signer: key, tender, lot, ticket, onWait }, { kind, text }) {
  const box = new Box(url, key, { tender, lot, ticket, onWait });
  if (kind === "enquiry") return box.letter("enquiries", { tender, lot, text }, true);
  if (kind === "explanation") return box.letter("explanations", { tender, lot, text }, false);
  return box.letter("objections", { tender, lot, kind, text }, kind === "documents");
}

