// What was decided and why, line by line.
import { clock, dayTime, duration } from './format.js';
import { html } from './html.js';
import { KINDS, whatText } from './words.js';

/** @typedef {import('../domain/overview.ts').Said} Said */

/** @param {{ said: Said, nowMs: number, utc: boolean, withFleet: boolean }} props */
export const SaidLine = ({ said, nowMs, utc, withFleet }) => {
  const stands = said.untilMs - said.fromMs;
  const isOld = nowMs - said.untilMs > 12 * 3_600_000;
  return html`<li class=${said.kind}>
    <time datetime=${new Date(said.untilMs).toISOString()}
      >${isOld ? dayTime(said.untilMs, utc) : clock(said.untilMs, utc)}</time
    >
    <span class="kind">${KINDS[said.kind]}</span>
    <p>
      ${withFleet && html`<b>${said.fleet}</b>`} <span class="what">${whatText(said)}</span>
      <span class="why">${said.why}${stands > 60_000 ? ` (for ${duration(stands)})` : ''}</span>
    </p>
  </li>`;
};

/** @param {{ said: readonly Said[], nowMs: number, utc: boolean }} props */
export const SaidLog = ({ said, nowMs, utc }) =>
  html`<section class="panel" aria-labelledby="decided">
    <h2 id="decided">What it decided</h2>
    ${
      said.length === 0
        ? html`<p class="quiet">Nothing yet: nothing had to be done.</p>`
        : html`<ol class="said scroll" tabindex="0" aria-labelledby="decided">
            ${said.map(
              (one) =>
                html`<${SaidLine}
                  key=${`${one.fleet} ${one.fromMs} ${one.kind} ${one.action} ${one.zone} ${one.reason} ${one.limit}`}
                  said=${one}
                  nowMs=${nowMs}
                  utc=${utc}
                  withFleet=${true}
                />`,
            )}
          </ol>`
    }
  </section>`;
