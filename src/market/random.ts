// Chance inside the market. Each use has its own stream, split from the one seed by name, so a new draw in one place shifts
// no other. The state of a stream is four plain integers: a snapshot carries it and a restored market draws on.
// Generator: sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32.

/** Four 32-bit integers; changed in place by every draw. */
export type Stream = [number, number, number, number];

const splitmix32 = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
};

/** FNV-1a over UTF-16 code units; only spreads stream names, promises no more. */
const hashText = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash | 0;
};

/** The stream called `name` under `seed` (any whole number). */
export const openStream = (seed: number, name: string): Stream => {
  const high = Math.floor(seed / 0x1_0000_0000) | 0;
  const fill = splitmix32((seed | 0) ^ Math.imul(high, 0x85ebca6b) ^ hashText(name));
  const stream: Stream = [fill(), fill(), fill(), fill()];
  for (let round = 0; round < 12; round += 1) draw(stream);
  return stream;
};

/** 32 random bits as a signed integer. */
const draw = (stream: Stream): number => {
  const sum = (((stream[0] + stream[1]) | 0) + stream[3]) | 0;
  stream[3] = (stream[3] + 1) | 0;
  stream[0] = stream[1] ^ (stream[1] >>> 9);
  stream[1] = (stream[2] + (stream[2] << 3)) | 0;
  stream[2] = (((stream[2] << 21) | (stream[2] >>> 11)) + sum) | 0;
  return sum;
};

/** A number in [0, 1). */
export const drawUnit = (stream: Stream): number => (draw(stream) >>> 0) / 0x1_0000_0000;

/** A standard normal number (Box-Muller); always takes exactly two draws. */
export const drawNormal = (stream: Stream): number => {
  const radius = Math.sqrt(-2 * Math.log(1 - drawUnit(stream)));
  return radius * Math.cos(2 * Math.PI * drawUnit(stream));
};

/** Sixteen hexadecimal digits that are different for every `counter` below 2^32 and look like nothing in particular. */
export const opaqueDigits = (seed: number, counter: number): string => {
  const high = splitmix32((seed | 0) ^ counter)() >>> 0;
  let low = counter >>> 0;
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) >>> 0;
  low = (low ^ (low >>> 13)) >>> 0;
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
};
