/** Ids and times: the one spelling of each (docs/formats/sealing.md §1). */
import { Refusal } from "./refusal.js";

const ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

/** @param {unknown} value @param {string} [field] @returns {string} it, if it may serve as an id (`id.malformed`) */
export function checkId(value, field = "id") {
  if (typeof value !== "string" || !ID.test(value) || value.includes(".."))
    throw new Refusal("id.malformed", { field });
  return value;
}

/** @param {unknown} value @param {string} field @returns {string} it, if it is a time (`time.malformed`) */
export function checkTime(value, field) {
  const right = typeof value === "string" && TIME.test(value) && !value.startsWith("0000");
  const made = right ? new Date(value) : new Date(Number.NaN);
  // A day that no calendar has either reads as no date, or comes back as another one.
  if (Number.isNaN(made.getTime()) || made.toISOString() !== value) throw new Refusal("time.malformed", { field });
  return value;
}
