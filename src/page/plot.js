// How a chart is drawn. Colours come from the style sheet at the moment of drawing, so that light and dark need nothing here.
import { hourMinute } from './format.js';

/** @typedef {import('./store.js').History} History */
/** @typedef {import('uplot')} Plot */
/** @typedef {import('uplot').Series} Series */
/**
 * @typedef {object} Line
 * @property {string} label
 * @property {string} color name of a colour of the style sheet
 * @property {number[]} [dash]
 * @property {string} [fill]
 * @property {number} [width]
 * @property {(number | null)[]} values one for each instant; null is a gap
 * @property {(value: number) => string} text
 */
/**
 * @typedef {object} Axis
 * @property {(low: number, high: number) => number[]} range
 * @property {number[]} incrs
 * @property {(value: number) => string} text
 */
/**
 * @typedef {object} ChartProps
 * @property {string} title
 * @property {string} name what it shows, for those who do not see it
 * @property {History} history
 * @property {boolean} utc
 * @property {number[]} times
 * @property {Line[]} lines
 * @property {Axis} y
 */

const Uplot = /** @type {{ uPlot: typeof import('uplot') }} */ (/** @type {unknown} */ (globalThis)).uPlot;
const stepped = /** @type {NonNullable<typeof Uplot.paths.stepped>} */ (Uplot.paths.stepped)({ align: 1 });
const HEIGHT = 168;

/** @param {string} name */
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @param {number[]} times @param {Line[]} lines */
export const dataOf = (times, lines) =>
  /** @type {import('uplot').AlignedData} */ ([
    times.map((at) => at / 1000),
    ...lines.map((line) => line.values),
  ]);

/**
 * @param {HTMLElement} box
 * @param {{ current: ChartProps }} latest
 * @param {{ current: Plot | null }} plot
 * @param {(index: number | null) => void} setIndex
 */
export const makePlot = (box, latest, plot, setIndex) => {
  const { lines, times } = latest.current;
  const made = new Uplot(optionsOf(box, latest, setIndex), dataOf(times, lines), box);
  plot.current = made;
  const resize = new ResizeObserver(() => {
    if (box.clientWidth > 0) made.setSize({ width: box.clientWidth, height: HEIGHT });
  });
  resize.observe(box);
  const theme = matchMedia('(prefers-color-scheme: dark)');
  const redraw = () => made.redraw(true, true);
  theme.addEventListener('change', redraw);
  return () => {
    theme.removeEventListener('change', redraw);
    resize.disconnect();
    made.destroy();
    plot.current = null;
  };
};

/**
 * @param {HTMLElement} box
 * @param {{ current: ChartProps }} latest
 * @param {(index: number | null) => void} setIndex
 * @returns {import('uplot').Options}
 */
const optionsOf = (box, latest, setIndex) => {
  const { lines, utc, y } = latest.current;
  const axis = {
    stroke: () => css('--quiet'),
    grid: { stroke: () => css('--grid'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return {
    width: Math.max(120, box.clientWidth),
    height: HEIGHT,
    ...(utc ? { tzDate: (/** @type {number} */ at) => Uplot.tzDate(new Date(at * 1000), 'Etc/UTC') } : {}),
    padding: [8, 6, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { size: 6 } },
    scales: {
      x: { time: true },
      y: { range: (_plot, low, high) => /** @type {[number, number]} */ (y.range(low ?? 0, high ?? 0)) },
    },
    axes: [
      {
        ...axis,
        space: 64,
        size: 26,
        values: (_plot, splits) => splits.map((at) => hourMinute(at * 1000, utc)),
      },
      { ...axis, space: 28, size: 52, incrs: y.incrs, values: (_plot, splits) => splits.map(y.text) },
    ],
    series: [{}, ...lines.map(seriesOf)],
    hooks: {
      drawClear: [(plot) => drawTimes(plot, latest.current.history)],
      setCursor: [(plot) => setIndex((plot.cursor.left ?? -1) < 0 ? null : (plot.cursor.idx ?? null))],
    },
  };
};

/** @param {Line} line @returns {Series} */
const seriesOf = (line) => ({
  label: line.label,
  stroke: () => css(line.color),
  width: line.width ?? 1.5,
  paths: stepped,
  points: { show: false },
  ...(line.dash === undefined ? {} : { dash: line.dash }),
  ...(line.fill === undefined ? {} : { fill: () => css(/** @type {string} */ (line.fill)) }),
});

/** Time nobody looked is hatched; a line stands at now. @param {Plot} plot @param {History} history */
const drawTimes = (plot, history) => {
  const { ctx, bbox } = plot;
  const position = (/** @type {number} */ at) => plot.valToPos(at / 1000, 'x', true);
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const one of history.blind)
    hatch(ctx, position(Math.max(one.fromMs, history.fromMs)), position(one.toMs), bbox);
  ctx.strokeStyle = css('--now');
  ctx.lineWidth = ratio;
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  ctx.beginPath();
  const now = Math.min(position(history.nowMs), bbox.left + bbox.width - ratio / 2);
  ctx.moveTo(now, bbox.top);
  ctx.lineTo(now, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
};

/** @param {CanvasRenderingContext2D} ctx @param {number} left @param {number} right @param {{ top: number, height: number }} box */
const hatch = (ctx, left, right, { top, height }) => {
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, Math.max(1, right - left), height);
  ctx.clip();
  ctx.fillStyle = css('--blind');
  ctx.fill();
  ctx.strokeStyle = css('--blind-line');
  ctx.lineWidth = devicePixelRatio;
  const gap = 7 * devicePixelRatio;
  for (let x = left - height; x < right; x += gap) {
    ctx.beginPath();
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
    ctx.stroke();
  }
  ctx.restore();
};
