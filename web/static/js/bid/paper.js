/** The file that a lead gives to its partners: the statement, and whose it says it is (docs/formats/statement.md). */
import { unhex, utf8 } from "../sealed/bytes.js";
import { canonical, members } from "../sealed/canonical.js";
import { checkId } from "../sealed/ids.js";
import { Refusal } from "../sealed/refusal.js";
import { checkParties } from "../sealed/statement.js";
import { readSmall } from "./fields.js";
import { check, givenEntry } from "./signatures.js";
import { checkUscc } from "./uscc.js";

const MOST = 512 * 1024;

/**
 * @param {object} statement
 * @param {{entry: import("./registration.js").Entry, registration: object}|null} lead its own signatures, once they are there
 * @returns {Blob}
 */
export function paperFile(statement, lead) {
  const value = lead === null ? { statement } : { statement, lead: { ...lead.entry, registration: lead.registration } };
  return new Blob([canonical(value), utf8("\n")], { type: "application/json" });
}

/**
 * What a partner was given: such a file, or the bare statement that the command line writes.
 * @param {Blob} file
 * @param {object} trust the trust file
 * @returns {Promise<{statement: object, lead: {entry: object, party: object}|null}>} refuses with `joint.no_paper`, and as
 *   `givenEntry`; whether the lead's signatures hold `checkLead` says
 */
export async function readPaper(file, trust) {
  const value = await readSmall(file, MOST);
  const whole = Object.hasOwn(Object(value), "statement") ? value : { statement: value };
  try {
    checkShape(members(whole, "statement", "lead").statement);
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal("joint.no_paper", { why: error.code });
    throw error;
  }
  return { statement: whole.statement, lead: whole.lead === undefined ? null : await givenEntry(whole.lead, trust) };
}

// Everything a statement has, each in its one spelling: nobody signs what is no statement.
function checkShape(statement) {
  const got = members(statement, "tender lot bid_key seq terms blind_seed parts parties");
  checkId(got.tender, "tender");
  checkId(got.lot, "lot");
  for (const name of ["bid_key", "terms", "blind_seed"]) unhex(got[name], 32, name);
  const parts = members(got.parts, "identity offer");
  for (const name of ["identity", "offer"]) unhex(parts[name], 32, name);
  if (!Number.isSafeInteger(got.seq) || got.seq < 1) throw new Refusal("canonical.bad_type", { found: "seq" });
  if (!Array.isArray(got.parties)) throw new Refusal("canonical.bad_type", { found: "parties" });
  const parties = got.parties.map((one) => members(one, "uscc role share"));
  parties.forEach(({ uscc, role }, at) => {
    checkUscc(uscc);
    if (role !== (at ? "member" : "lead")) throw new Refusal("statement.roles");
  });
  checkParties(parties);
}

/**
 * Whether the file is as its lead signed it: refuses with `joint.changed` where it is not.
 * @param {{statement: object, lead: {entry: object, party: object}}} paper
 * @param {import("./signatures.js").Against} against
 */
export async function checkLead({ statement, lead }, against) {
  if (lead.party.uscc !== statement.parties[0].uscc) throw new Refusal("joint.changed");
  try {
    await check(statement, lead.entry, lead.party, against);
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal("joint.changed", { why: error.code });
    throw error;
  }
}
