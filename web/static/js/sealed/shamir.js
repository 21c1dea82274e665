/**
 * Shamir's sharing over GF(2^8) mod x^8+x^4+x^3+x+1, byte by byte (docs/formats/sealing.md §3).
 *
 * The look-ups are not constant in time: this runs on its owner's machine, on values that are used once.
 */
const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  EXP[power] = EXP[power + 255] = value;
  LOG[value] = power;
  // times 3, which generates the field
  const doubled = (value << 1) ^ (value & 0x80 ? 0x11b : 0);
  value ^= doubled;
}

const times = (a, b) => (a && b ? EXP[LOG[a] + LOG[b]] : 0);
const over = (a, b) => (a ? EXP[LOG[a] + 255 - LOG[b]] : 0);

/**
 * The share at a place: secret ⊕ c₁x ⊕ c₂x² …
 * @param {Uint8Array} secret
 * @param {Uint8Array[]} coefficients c₁ … c_(t−1), as long as the secret
 * @param {number} x the place, 1 … 255
 * @returns {Uint8Array}
 */
export function share(secret, coefficients, x) {
  const rows = [secret, ...coefficients].reverse();
  return secret.map((_, at) => rows.reduce((sum, row) => times(sum, x) ^ row[at], 0));
}

/**
 * The secret of t shares, f(0).
 * @param {Map<number, Uint8Array>} shares by place
 * @returns {Uint8Array}
 */
export function combine(shares) {
  const places = [...shares.keys()];
  const weights = places.map((own) =>
    places.reduce((product, x) => (x === own ? product : times(product, over(x, x ^ own))), 1),
  );
  const rows = [...shares.values()];
  return rows[0].map((_, at) => rows.reduce((sum, row, number) => sum ^ times(row[at], weights[number]), 0));
}
