/** Repeatable random numbers from 0, below 1, for a text such as "7/BTC-USD/random": each bot has its own, whoever runs beside it. */
export function drawsOf(seed: string): () => number {
  let state = 0x811c9dc5;
  for (let at = 0; at < seed.length; at++) state = Math.imul(state ^ seed.charCodeAt(at), 0x01000193);
  return () => {
    // splitmix32 (Steele, Lea, Flood: Fast splittable pseudorandom number generators)
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
