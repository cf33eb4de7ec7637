// The nearest right word to a wrong one, for "did you mean". Plain edit distance in which swapping two neighbours is one slip.

const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
};

const plain = (word: string): string => word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** The candidate with the fewest slips, null when even that one is another word. */
export const nearest = (word: string, candidates: readonly string[]): string | null => {
  let best: string | null = null;
  let slips = Math.max(1, Math.floor(plain(word).length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > slips + 3) continue;
    const [wrong, right] = [plain(word), plain(candidate)];
    const begins = right.length > 2 && (wrong.startsWith(right) || right.startsWith(wrong));
    const apart = Math.min(distance(wrong, right), begins ? 1.5 : Infinity);
    if (apart < slips) {
      slips = apart;
      best = candidate;
    }
  }
  return best;
};
