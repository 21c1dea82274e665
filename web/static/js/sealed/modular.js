/** What blind RSA needs of modular arithmetic: a page loads these lines instead of the library of curves. */

/** @param {bigint} a @param {bigint} n above 0 @returns {bigint} a mod n, from 0 to n - 1 */
export function mod(a, n) {
  const rest = a % n;
  return rest < 0n ? rest + n : rest;
}

/** @param {bigint} base @param {bigint} exponent 0 or above, not secret @param {bigint} n above 1 @returns {bigint} */
export function pow(base, exponent, n) {
  let [found, square] = [1n, mod(base, n)];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) found = (found * square) % n;
    square = (square * square) % n;
  }
  return found;
}

/**
 * Euclid's algorithm, extended.
 * @param {bigint} a @param {bigint} n above 1
 * @returns {bigint} the number whose product with a is 1 mod n
 * @throws {RangeError} where a and n have a common divisor
 */
export function invert(a, n) {
  let [old, rest, oldFactor, factor] = [mod(a, n), n, 1n, 0n];
  while (rest !== 0n) {
    const times = old / rest;
    [old, rest] = [rest, old - times * rest];
    [oldFactor, factor] = [factor, oldFactor - times * factor];
  }
  if (old !== 1n) throw new RangeError("no inverse");
  return mod(oldFactor, n);
}
