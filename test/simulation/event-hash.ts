// A running hash over everything that happens in a world, in order. Two runs with the same chain were the same run; the
// first link that differs says where they parted. Two 32-bit FNV-1a lanes: quick, and no promise against malice.

export interface EventHash {
  readonly add: (text: string) => void;
  /** Sixteen hexadecimal digits. */
  readonly digest: () => string;
}

export const createEventHash = (): EventHash => {
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  return {
    add: (text) => {
      for (let index = 0; index < text.length; index += 1) {
        const code = text.charCodeAt(index);
        low = Math.imul(low ^ code, 0x01000193);
        high = Math.imul(high ^ (code + 0x9e37), 0x85ebca6b);
      }
      low = Math.imul(low ^ 0x0a, 0x01000193);
      high ^= high >>> 13;
    },
    digest: () => (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0'),
  };
};
