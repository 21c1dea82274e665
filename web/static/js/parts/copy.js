/**
 * Buttons that copy what they hold: `data-copy`; `data-copied` says that it is done.
 * @param {ParentNode} root
 */
export function copies(root) {
  // The clipboard is there on safe origins only; a button that could do nothing stays hidden.
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) {
    const words = button.textContent;
    button.hidden = false;
    button.addEventListener("click", () => copy(button, words));
  }
}

/**
 * @param {HTMLElement} button
 * @param {string} words what stands on it otherwise
 */
async function copy(button, words) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    // The browser does not let us: what is to be copied is marked, so that the reader's own keys copy it.
    const text = button.closest(".hash, .code")?.querySelector("code");
    if (text) window.getSelection().selectAllChildren(text);
    return;
  }
  button.textContent = button.dataset.copied;
  window.setTimeout(() => { button.textContent = words; }, 2000);
}
