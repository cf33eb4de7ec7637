// A chart over time. uPlot draws it once it comes near the view; its values stand below it as text and as a table, and it can
// be read by keyboard: focus it, then the arrow keys.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { isBlind } from './chart-data.js';
import { dayTime, hourMinute } from './format.js';
import { html } from './html.js';
import { dataOf, makePlot } from './plot.js';

/** @typedef {import('./store.js').History} History */
/** @typedef {import('./plot.js').Line} Line */
/** @typedef {import('./plot.js').Plot} Plot */

const KEY_STEP_S = 15 * 60;

/** @param {import('./plot.js').ChartProps} props */
export const Chart = (props) => {
  const { title, name, history, times, lines, utc } = props;
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const plot = useRef(/** @type {Plot | null} */ (null));
  const latest = useRef(props);
  latest.current = props;
  const [isNear, setNear] = useState(false);
  const [index, setIndex] = useState(/** @type {number | null} */ (null));
  const shape = `${lines.map((line) => line.label).join('|')} ${utc}`;

  useEffect(() => watchNear(/** @type {HTMLElement} */ (box.current), () => setNear(true)), []);
  useLayoutEffect(() => {
    if (!isNear) return undefined;
    return makePlot(/** @type {HTMLElement} */ (box.current), latest, plot, setIndex);
  }, [isNear, shape]);
  useLayoutEffect(() => plot.current?.setData(dataOf(times, lines)), [times, lines]);

  const at = index === null ? null : times[index];
  return html`<figure class="chart">
    <figcaption>${title}</figcaption>
    <div
      class="canvas"
      ref=${box}
      tabindex="0"
      role="img"
      aria-label=${`${name}. ${summary(history, times, lines, utc)}`}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => onKey(event, plot.current, times)}
      onBlur=${() => plot.current?.setCursor({ left: -10, top: -10 })}
    ></div>
    <ul class="legend" aria-live=${index === null ? 'off' : 'polite'}>
      <li class="when">
        ${at == null ? 'now' : dayTime(at, utc)}${at != null && isBlind(history, at) ? ', not seen' : ''}
      </li>
      ${lines.map((line) => {
        const value = line.values[index ?? nowIndex(times, history.nowMs)];
        return html`<li key=${line.label}>
          <i class=${`swatch ${line.color.slice(2)}`} aria-hidden="true"></i>${line.label}
          <b>${value == null ? '–' : line.text(value)}</b>
        </li>`;
      })}
    </ul>
    <${Table} history=${history} times=${times} lines=${lines} utc=${utc} />
  </figure>`;
};

/** The same values every hour, for those who do not see the chart.
 * @param {{ history: History, times: number[], lines: Line[], utc: boolean }} props */
const Table = ({ history, times, lines, utc }) => {
  const [open, setOpen] = useState(false);
  return html`<details
    class="table"
    onToggle=${(/** @type {Event} */ event) =>
      setOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open)}
  >
    <summary>as a table</summary>
    ${
      open &&
      html`<div class="scroll" tabindex="0" role="group" aria-label="values by the hour">
        <table>
          <thead>
            <tr>
              <th scope="col">at</th>
              ${lines.map((line) => html`<th scope="col">${line.label}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${hourly(times).map((row) => {
              const at = /** @type {number} */ (times[row]);
              return html`<tr class=${at > history.nowMs ? 'ahead' : ''}>
                <th scope="row">${dayTime(at, utc)}</th>
                ${lines.map((line) => {
                  const value = line.values[row];
                  return html`<td>${value == null ? '–' : line.text(value)}</td>`;
                })}
              </tr>`;
            })}
          </tbody>
        </table>
      </div>`
    }
  </details>`;
};

/** The last column of each hour. @param {number[]} times */
const hourly = (times) => {
  /** @type {Map<number, number>} */
  const rows = new Map();
  for (const [row, at] of times.entries()) rows.set(Math.floor(at / 3_600_000), row);
  return [...rows.values()];
};

/** @param {number[]} times @param {number} nowMs */
const nowIndex = (times, nowMs) => {
  const after = times.findIndex((at) => at > nowMs);
  return after < 0 ? times.length - 1 : Math.max(0, after - 1);
};

/** @param {History} history @param {number[]} times @param {Line[]} lines @param {boolean} utc */
const summary = (history, times, lines, utc) => {
  const now = nowIndex(times, history.nowMs);
  const values = lines.map((line) => {
    const value = line.values[now];
    return `${line.label} ${value == null ? 'none' : line.text(value)}`;
  });
  return `At ${hourMinute(history.nowMs, utc)}: ${values.join(', ')}. Arrow keys move through time.`;
};

/** @param {KeyboardEvent} event @param {Plot | null} plot @param {number[]} times */
const onKey = (event, plot, times) => {
  const step = { ArrowLeft: -KEY_STEP_S, ArrowRight: KEY_STEP_S, PageUp: -3600 * 4, PageDown: 3600 * 4 }[
    event.key
  ];
  const first = /** @type {number} */ (times[0]) / 1000;
  const last = /** @type {number} */ (times.at(-1)) / 1000;
  if (plot === null || (step === undefined && event.key !== 'Home' && event.key !== 'End')) return;
  event.preventDefault();
  const left = plot.cursor.left ?? -10;
  const at = left < 0 ? (first + last) / 2 : plot.posToVal(left, 'x');
  const to = step === undefined ? (event.key === 'Home' ? first : last) : at + step;
  const clipped = Math.min(last, Math.max(first, to));
  plot.setCursor({
    left: Math.min(plot.over.clientWidth - 1, Math.max(0, plot.valToPos(clipped, 'x'))),
    top: 10,
  });
};

/** @param {HTMLElement} box @param {() => void} onNear */
const watchNear = (box, onNear) => {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      onNear();
    },
    { rootMargin: '400px' },
  );
  observer.observe(box);
  return () => observer.disconnect();
};
