/**
 * A button that is switched off while it works loses the focus, and with it the place of whoever pressed it by keyboard:
 * it gets the focus back when it is on again, unless the work has led somewhere else.
 * @param {Document} root
 */
export function busy(root) {
  /** @type {Element|null} */
  let waiting = null;
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (!(target instanceof HTMLButtonElement)) continue;
      // Only at the next painting the browser takes the focus away: here it can still be seen who has it.
      if (target.disabled && root.activeElement === target) waiting = target;
      else if (!target.disabled && waiting === target) {
        waiting = null;
        if (root.activeElement === root.body) target.focus();
      }
    }
  }).observe(root, { subtree: true, attributeFilter: ["disabled"] });
}
