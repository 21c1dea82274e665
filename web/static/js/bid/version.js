/**
 * Which version of a bid is which: whether what was checked, signed or sealed is what stands in the form now.
 *
 * Nothing is ever marked as outdated. What was signed is compared with what is there, so what is typed back counts again.
 */
import { hex, utf8 } from "../sealed/bytes.js";
import { Sha256 } from "../sealed/sha256.js";
import { PARTS } from "../sealed/bid.js";

/**
 * @typedef {object} Standing
 * @property {boolean} checked whether a person has confirmed what stands in the form
 * @property {boolean} signed whether the version that was signed is what stands in the form, and none was accepted since
 * @property {boolean} same whether the version that was sealed is what stands in the form
 * @property {boolean} open whether the version that was sealed can still be sent: not accepted, and nothing since
 * @property {boolean} dead whether the version that was sealed is not what the box took last and has no number left: the box takes it no more
 * @property {boolean} sealed whether what stands in the form is sealed, to be sent or sent
 * @property {boolean} outdated whether the version that was sealed predates an addendum: the box takes it no more
 * @property {boolean} sent whether what stands in the form is what the box took last
 */

const byName = ([one], [other]) => (one < other ? -1 : 1);

function digest(parts, parties) {
  const said = PARTS.map((part) => [
    Object.entries(parts[part].form).sort(byName),
    // The order in which files were chosen changes nothing.
    parts[part].files.map(({ name, size, sha256 }) => [name, size, sha256]).sort(byName),
  ]);
  // One party alone is the organisation whose room it is, named or not.
  const named = parties.length > 1 ? parties.map(({ uscc, share }) => [uscc, share]) : [];
  return hex(new Sha256().update(utf8(JSON.stringify([said, named]))).digest());
}

/** @param {import("./draft.js").State} state @returns {string} what names the content that stands in the form: answers, files, parties */
export const contentOf = ({ answers, files, partners }) =>
  digest(Object.fromEntries(PARTS.map((part) => [part, { form: answers[part], files: files[part] }])), partners);

/** @param {{headers: object, statement: object}} work @returns {string} the same of a version that was signed */
export const signedContent = ({ headers, statement }) => digest(headers, statement.parties);

/**
 * @param {import("./draft.js").State} state
 * @param {string} [terms] those of the witnessed log; "" where they are not known, and then none are outdated
 * @returns {Standing}
 */
export function standing(state, terms = "") {
  const { work, sealed, receipts } = state;
  const now = contentOf(state);
  const last = receipts.at(-1);
  const agrees = (named) => terms === "" || named === terms;
  const taken = sealed !== null && last?.sha256 === sealed.sha256;
  const fresh = ({ seq }) => seq > (last?.seq ?? 0) || (taken && seq === sealed.seq);
  const outdated = sealed !== null && !taken && (sealed.stale || !agrees(sealed.terms));
  const same = sealed !== null && sealed.content === now && agrees(sealed.terms) && !sealed.stale;
  const open = sealed !== null && !taken && fresh(sealed) && !outdated;
  return {
    checked: state.checked === now,
    signed: work !== null && fresh(work) && signedContent(work) === now && agrees(work.statement.terms),
    same,
    open,
    outdated,
    dead: sealed !== null && !taken && !fresh(sealed),
    sealed: same && (open || taken),
    sent: same && taken,
  };
}
