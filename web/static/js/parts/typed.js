// What a person has typed and a tab keeps is that person's: it goes when they sign out.

/** How the names begin under which a tab's storage keeps it. */
export const TYPED = "typed ";

/** @returns {string} the number of the login that is signed in on this page, or nothing */
export const signedIn = () => document.querySelector("[data-login]")?.getAttribute("data-login") ?? "";

/** @param {Document} page */
export function forgetsTyped(page) {
  // `formdata` and not `submit`: it comes just when the form goes, also where a dialog came between or a script sends it.
  page.querySelector('form[action^="/account/sign-out"]')?.addEventListener("formdata", () => {
    for (const name of Object.keys(sessionStorage)) if (name.startsWith(TYPED)) sessionStorage.removeItem(name);
  });
}
