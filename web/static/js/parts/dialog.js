/**
 * Buttons that open a dialog (`data-opens`: its id) and, in it, close it (`data-closes`). What may not be done without a
 * dialog is not hidden behind one: without this script the buttons stay hidden and a link leads to a page.
 * @param {ParentNode} root
 */
export function dialogs(root) {
  for (const button of root.querySelectorAll("[data-opens]")) {
    const dialog = document.getElementById(button.dataset.opens);
    button.hidden = false;
    button.addEventListener("click", () => dialog.showModal());
  }
  for (const button of root.querySelectorAll("[data-closes]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
}
