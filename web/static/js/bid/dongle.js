/** Signing with certificates: the bytes to sign are saved, an authority's own program signs them, two files come back. */
import { element, tell, text } from "./kit.js";
import { mark, save } from "./fields.js";
import { SIGNERS, sayWrong } from "./signatures.js";

/**
 * @param {{bytes: () => Blob, take: (files: {seal: Blob, person: Blob}) => Promise<void>}} how `take` refuses with `by`
 */
export function wireDongle({ bytes, take }) {
  const fields = Object.fromEntries(SIGNERS.map((by) => [by, element(`cms-${by}`)]));
  for (const field of Object.values(fields)) field.addEventListener("change", () => mark(field, ""));
  element("to-sign-file").addEventListener("click", () => save(bytes(), "to-sign.bin"));
  element("cms-take").addEventListener("click", async () => {
    const files = Object.fromEntries(SIGNERS.map((by) => [by, fields[by].files[0]]));
    for (const by of SIGNERS) mark(fields[by], files[by] ? "" : text("cms_choose"));
    tell(element("cms-error"), "");
    const empty = SIGNERS.find((by) => !files[by]);
    if (empty) {
      fields[empty].focus();
      return;
    }
    try {
      await take(files);
    } catch (error) {
      const field = fields[error.params?.by];
      if (field) mark(field, sayWrong(error));
      else tell(element("cms-error"), sayWrong(error));
      field?.focus();
    }
  });
}

/** Says so where the trust file names no authority: then no certificate counts. @param {{cas: string[]}} trust */
export function noAuthority(trust) {
  element("cms-none").hidden = trust.cas.length > 0;
}
