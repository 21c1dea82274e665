/** Why something was refused: a code of the product's word files and the parameters of its words, but no text. */
export class Refusal extends Error {
  /**
   * @param {string} code for instance `sealed.bad_padding`, the same as Python's for the same refusal
   * @param {Record<string, string|number>} [params]
   */
  constructor(code, params = {}) {
    super(code);
    this.name = "Refusal";
    this.code = code;
    this.params = params;
  }
}
