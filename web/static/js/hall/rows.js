/** The page's own rows and words: templates with slots, filled as text and never as markup. */

/**
 * @param {Element} root
 * @param {string} key
 * @returns {string} a word that the page brought along, in its language
 */
export function word(root, key) {
  const book = root.querySelector("template[data-words]");
  const found = book instanceof HTMLTemplateElement ? book.content.querySelector(`[data-word="${key}"]`) : null;
  return found?.textContent ?? "";
}

/**
 * @param {Element} root
 * @param {string} name
 * @returns {Element} a new row of a kind
 */
export function row(root, name) {
  const made = root.querySelector(`template[data-template="${name}"]`);
  if (!(made instanceof HTMLTemplateElement) || made.content.firstElementChild === null) {
    throw new Error(`no template ${name}`);
  }
  return /** @type {Element} */ (document.importNode(made.content.firstElementChild, true));
}

/**
 * @param {Element} root
 * @param {string} name
 * @param {Element} made to be the last row
 */
export function append(root, name, made) {
  root.querySelector(`[data-rows="${name}"]`)?.append(made);
}

/**
 * @param {Element} where
 * @param {string} name
 * @param {string} text
 */
export function slot(where, name, text) {
  const found = where.querySelector(`[data-slot="${name}"]`);
  if (found !== null) {
    found.textContent = text;
  }
}

/**
 * @param {Element} root
 * @param {string} name
 * @param {string} text for a place of the page itself
 */
export function fill(root, name, text) {
  const found = root.querySelector(`[data-fill="${name}"]`);
  if (found !== null && found.textContent !== text) {
    found.textContent = text;
  }
}

/**
 * @param {Element} root
 * @param {string} name
 * @param {boolean} [shown]
 */
export function show(root, name, shown = true) {
  const found = root.querySelector(`[data-section="${name}"]`);
  if (found instanceof HTMLElement) {
    found.hidden = !shown;
  }
}

/**
 * Notes where a form looks until when it may be used: `object.js`, `explain.js`.
 * @param {Element} root
 * @param {"bidder"|"explain"} name
 * @param {Record<string, string>} times
 */
export function note(root, name, times) {
  const form = root.querySelector(`[data-${name}-form]`);
  if (form instanceof HTMLElement) Object.assign(form.dataset, times);
}

/**
 * @param {string} plain a plain decimal of yuan
 * @param {number} fen −1 where it is no amount
 * @returns {string} `12,980,000.00`; what is no amount as it was written
 */
export function money(plain, fen) {
  if (fen < 0) {
    return plain;
  }
  const [whole, cents] = [String(Math.floor(fen / 100)), String(fen % 100).padStart(2, "0")];
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${cents}`;
}
