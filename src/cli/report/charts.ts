// The two charts of the page as plain SVG: bars of days on a quiet grid, every colour a variable of the page, so that they
// follow light, dark and print. No script, no font, nothing from outside.

export interface Bar {
  /** Under the bar, where there is room. */
  readonly label: string;
  /** Said by the browser when the pointer rests on it. */
  readonly title: string;
  /** From the ground up, each with its class. */
  readonly parts: readonly { readonly value: number; readonly style: string }[];
  /** A mark across the bar; null for none. */
  readonly mark: number | null;
}

export interface ChartOptions {
  readonly title: string;
  readonly bars: readonly Bar[];
  /** Writes a value of the axis. */
  readonly unit: (value: number) => string;
}

const WIDTH = 880;
const HEIGHT = 220;
const LEFT = 64;
const BOTTOM = 26;
const TOP = 10;
const GRID_LINES = 4;

export const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

/** 1, 2, 2.5 or 5 times a power of ten: a step of the axis that is easy to read. */
export const niceStep = (highest: number): number => {
  if (highest <= 0) return 1;
  const rough = highest / GRID_LINES;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((one) => one * power >= rough) ?? 10;
  return factor * power;
};

const round = (value: number): string => value.toFixed(1).replace(/\.0$/, '');

/** A picture with its own title; heights are true to the numbers, the ground is always zero. */
export const barChart = ({ title, bars, unit }: ChartOptions): string => {
  const tops = bars.map((bar) =>
    Math.max(
      bar.mark ?? 0,
      bar.parts.reduce((sum, part) => sum + part.value, 0),
    ),
  );
  const step = niceStep(Math.max(0, ...tops));
  const highest = Math.max(step, Math.ceil(Math.max(0, ...tops) / step - 1e-9) * step);
  const ground = HEIGHT - BOTTOM;
  const y = (value: number): number => ground - (value / highest) * (ground - TOP);
  const slot = (WIDTH - LEFT) / Math.max(1, bars.length);
  const width = Math.min(44, slot * 0.68);
  const everyLabel = Math.ceil(30 / slot);

  const grid = Array.from({ length: Math.round(highest / step) + 1 }, (_, index) => {
    const at = round(y(index * step));
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH}" y1="${at}" y2="${at}"/><text class="axis" x="${LEFT - 8}" y="${at}" dy="4" text-anchor="end">${escapeHtml(unit(index * step))}</text>`;
  });
  const drawn = bars.map((bar, index) => {
    const middle = LEFT + slot * (index + 0.5);
    let from = 0;
    const parts = bar.parts
      .filter((part) => part.value > 0)
      .map(({ value, style }) => {
        const [top, bottom] = [y(from + value), y(from)];
        from += value;
        return `<rect class="${style}" x="${round(middle - width / 2)}" y="${round(top)}" width="${round(width)}" height="${round(Math.max(0.5, bottom - top))}" rx="1.5"/>`;
      });
    const mark =
      bar.mark === null
        ? ''
        : `<line class="mark" x1="${round(middle - slot * 0.46)}" x2="${round(middle + slot * 0.46)}" y1="${round(y(bar.mark))}" y2="${round(y(bar.mark))}"/>`;
    const label =
      index % everyLabel === 0
        ? `<text class="axis" x="${round(middle)}" y="${HEIGHT - 8}" text-anchor="middle">${escapeHtml(bar.label)}</text>`
        : '';
    return `<g><title>${escapeHtml(bar.title)}</title>${parts.join('')}${mark}${label}</g>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${grid.join('')}${drawn.join('')}</svg>`;
};
