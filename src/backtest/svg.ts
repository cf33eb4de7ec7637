// Charts as SVG text without any library: step lines over time, and bars. Colours come from the page's CSS classes, so that
// they follow its light or dark scheme.
import { formatInstant, type UnixMs } from '../domain/time.ts';

export interface Line {
  readonly name: string;
  /** CSS class of the stroke. */
  readonly style: string;
  /** Null breaks the line. */
  readonly values: readonly (number | null)[];
}

export interface LineChart {
  readonly title: string;
  readonly times: readonly UnixMs[];
  readonly lines: readonly Line[];
  /** Shaded where it is above 0: the share of the full height, 0 to 1. */
  readonly band?: readonly number[];
  readonly label: (value: number) => string;
}

const WIDTH = 960;
const HEIGHT = 240;
const LEFT = 64;
const RIGHT = 12;
const TOP = 28;
const BOTTOM = 24;
const GRID_LINES = 4;

export const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const fixed = (value: number): string => value.toFixed(1);

/** Path data of a step line; a null begins a new stretch. */
const stepPath = (
  values: readonly (number | null)[],
  x: (index: number) => number,
  y: (value: number) => number,
): string => {
  let path = '';
  let open = false;
  for (const [index, value] of values.entries()) {
    if (value === null) {
      open = false;
      continue;
    }
    path += open ? `H${fixed(x(index))}V${fixed(y(value))}` : `M${fixed(x(index))} ${fixed(y(value))}`;
    open = true;
  }
  return path;
};

export const lineChart = ({ title, times, lines, band, label }: LineChart): string => {
  const most = Math.max(1e-9, ...lines.flatMap((line) => line.values.map((value) => value ?? 0)));
  const x = (index: number): number =>
    LEFT + (index / Math.max(1, times.length - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => TOP + (1 - value / most) * (HEIGHT - TOP - BOTTOM);
  const grid = Array.from({ length: GRID_LINES + 1 }, (_, index) => {
    const value = (most * index) / GRID_LINES;
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fixed(y(value))}" y2="${fixed(y(value))}"/><text x="${LEFT - 6}" y="${fixed(y(value) + 4)}" text-anchor="end">${escapeText(label(value))}</text>`;
  });
  const days = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const index = Math.round(share * (times.length - 1));
    const anchor = share === 0 ? 'start' : share === 1 ? 'end' : 'middle';
    const day = formatInstant(times[index] ?? 0).slice(0, 10);
    return `<text x="${fixed(x(index))}" y="${HEIGHT - 6}" text-anchor="${anchor}">${day}</text>`;
  });
  const shade =
    band === undefined
      ? ''
      : `<path class="held" d="${stepPath(
          band.map((share) => share * most),
          x,
          y,
        )}V${HEIGHT - BOTTOM}H${LEFT}Z"/>`;
  const drawn = lines.map(
    (line) =>
      `<path class="line ${line.style}" d="${stepPath(line.values, x, y)}"><title>${escapeText(line.name)}</title></path>`,
  );
  const legend = lines.map(
    (line, index) =>
      `<tspan class="${line.style}" x="${LEFT + 330 + index * 180}">— ${escapeText(line.name)}</tspan>`,
  );
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeText(title)}"><text class="title" x="${LEFT}" y="16">${escapeText(title)}</text><text y="16">${legend.join('')}</text>${grid.join('')}${shade}${drawn.join('')}${days.join('')}</svg>`;
};

export interface Bar {
  readonly name: string;
  readonly style: string;
  readonly value: number;
  readonly label: string;
}

const BAR_HEIGHT = 18;

/** Horizontal bars that begin at `from`. */
export const barChart = (title: string, from: number, bars: readonly Bar[]): string => {
  const height = TOP + bars.length * BAR_HEIGHT + 4;
  const most = Math.max(...bars.map((bar) => bar.value), from + 1e-9);
  const rows = bars.map((bar, index) => {
    const top = TOP + index * BAR_HEIGHT;
    const width = Math.max(1, ((bar.value - from) / (most - from)) * (WIDTH - 420));
    return `<text x="250" y="${top + 12}" text-anchor="end">${escapeText(bar.name)}</text><rect class="${bar.style}" x="258" y="${top + 2}" width="${fixed(width)}" height="${BAR_HEIGHT - 5}"/><text x="${fixed(264 + width)}" y="${top + 12}">${escapeText(bar.label)}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeText(title)}"><text class="title" x="${LEFT}" y="16">${escapeText(title)}</text>${rows.join('')}</svg>`;
};
