/** Fields of the room that are not the form's: what is wrong stands beside each; files that somebody saves. */
import { element, tell } from "./kit.js";

/** @param {HTMLElement} input whose error's place is named by its id @param {string} words what is wrong, or "" */
export function mark(input, words) {
  tell(element(`${input.id}-error`), words);
  input.setAttribute("aria-invalid", String(words !== ""));
  input.closest(".field").classList.toggle("field--wrong", words !== "");
}

/** Gives a file to the browser's downloads. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  // The download has begun, and reads what it was given.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * Reads a file of JSON that is small.
 * @param {Blob} file
 * @param {number} most bytes
 * @returns {Promise<unknown>} undefined if it is none
 */
export async function readSmall(file, most) {
  if (file.size > most) return undefined;
  try {
    return JSON.parse(await file.text());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
