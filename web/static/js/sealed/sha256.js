/**
 * SHA-256 (FIPS 180-4) of what comes in pieces, which WebCrypto does not offer: it wants the whole in memory.
 *
 * Our own and not the library's, which takes three times as long in Chromium; tests hold it to WebCrypto at every edge.
 */

const BLOCK = 64;
// The first 32 bits of the fractions of the square roots of the first 8 primes, and of the cube roots of the first 64.
const START = Int32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
);
const ROUNDS = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
);

export class Sha256 {
  constructor() {
    this.state = START.slice();
    this.words = new Int32Array(ROUNDS.length);
    this.kept = new Uint8Array(BLOCK); // of a block that is not full yet
    this.length = 0;
  }

  /** @param {Uint8Array} data @returns {this} */
  update(data) {
    const held = this.length % BLOCK;
    this.length += data.length;
    let at = 0;
    if (held > 0) {
      at = Math.min(BLOCK - held, data.length);
      this.kept.set(data.subarray(0, at), held);
      if (held + at < BLOCK) return this;
      compress(this.state, this.words, this.kept, 0, BLOCK);
    }
    const end = data.length - ((data.length - at) % BLOCK);
    compress(this.state, this.words, data, at, end);
    this.kept.set(data.subarray(end));
    return this;
  }

  /** @returns {Uint8Array} 32 bytes; nothing may be added afterwards */
  digest() {
    const bits = BigInt(this.length) * 8n;
    const held = this.length % BLOCK;
    const tail = new Uint8Array(held < BLOCK - 8 ? BLOCK : 2 * BLOCK);
    tail.set(this.kept.subarray(0, held));
    tail[held] = 0x80;
    new DataView(tail.buffer).setBigUint64(tail.length - 8, bits);
    compress(this.state, this.words, tail, 0, tail.length);
    const out = new DataView(new ArrayBuffer(32));
    this.state.forEach((word, number) => out.setInt32(4 * number, word));
    return new Uint8Array(out.buffer);
  }
}

// The names and formulas of FIPS 180-4 §6.2.2. Written out, for the compiler keeps all of it in registers.
function compress(state, w, data, from, end) {
  // One by one, not by destructuring: so the compiler knows 32-bit integers, and is six times as fast.
  let h0 = state[0];
  let h1 = state[1];
  let h2 = state[2];
  let h3 = state[3];
  let h4 = state[4];
  let h5 = state[5];
  let h6 = state[6];
  let h7 = state[7];
  for (let at = from; at < end; at += BLOCK) {
    for (let t = 0, p = at; t < 16; t += 1, p += 4) {
      w[t] = (data[p] << 24) | (data[p + 1] << 16) | (data[p + 2] << 8) | data[p + 3];
    }
    for (let t = 16; t < 64; t += 1) {
      const x = w[t - 15];
      const y = w[t - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[t] = (s1 + w[t - 7] + s0 + w[t - 16]) | 0;
    }
    let a = h0;
    let b = h1;
    let c = h2;
    let d = h3;
    let e = h4;
    let f = h5;
    let g = h6;
    let h = h7;
    for (let t = 0; t < 64; t += 1) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t1 = (h + s1 + (g ^ (e & (f ^ g))) + ROUNDS[t] + w[t]) | 0;
      const t2 = (s0 + ((a & b) ^ (c & (a ^ b)))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    h0 = (h0 + a) | 0;
    h1 = (h1 + b) | 0;
    h2 = (h2 + c) | 0;
    h3 = (h3 + d) | 0;
    h4 = (h4 + e) | 0;
    h5 = (h5 + f) | 0;
    h6 = (h6 + g) | 0;
    h7 = (h7 + h) | 0;
  }
  state.set([h0, h1, h2, h3, h4, h5, h6, h7]);
}
