// Money against budgets: the tiles of today and this month, and the table of every budget.
import { centsUp, dollars, duration, shortDollars, span } from './format.js';
import { html } from './html.js';
import { plain } from './words.js';

/** @typedef {import('./store.js').Seen} Seen */
/** @typedef {import('../domain/report.ts').BudgetReport} BudgetReport */

/** Spent, put aside and left of a budget, as one bar. @param {{ spent: number, aside: number, limit: number, label: string }} props */
const BudgetBar = ({ spent, aside, limit, label }) => {
  const share = (/** @type {number} */ sum) => Math.min(100, (100 * sum) / Math.max(1, limit));
  const used = share(spent + aside);
  const level = used >= 95 ? 'full' : used >= 80 ? 'high' : '';
  return html`<svg
    class=${`bar ${level}`}
    viewBox="0 0 100 6"
    preserveAspectRatio="none"
    role="img"
    aria-label=${label}
  >
    <rect class="track" width="100" height="6" />
    <rect class="aside" width=${used} height="6" />
    <rect class="spent" width=${share(spent)} height="6" />
  </svg>`;
};

/** @param {BudgetReport} budget */
const sums = (budget) => {
  const spent = centsUp(budget.spent);
  const aside = centsUp(budget.earmarked);
  const limit = Number(budget.limit);
  return { spent, aside, limit, left: limit - spent - aside };
};

/** @param {{ seen: Seen, period: 'today' | 'month' }} props */
export const MoneyTile = ({ seen, period }) => {
  const spending = seen.spending.find((one) => one.budget === 'process');
  const budget = seen.budgets.find(
    (one) => one.budget === 'process' && one.period === (period === 'today' ? 'day' : 'month'),
  );
  const spent = spending === undefined ? null : centsUp(spending[period]);
  const endsMs = period === 'today' ? spending?.todayEndsMs : spending?.monthEndsMs;
  return html`<section class="tile" data-tile=${period}>
    <h2>${period === 'today' ? 'Today' : 'This month'}</h2>
    <p class="big">
      ${spent === null ? '–' : shortDollars(spent)}${budget !== undefined && html`<small> of ${shortDollars(Number(budget.limit))}</small>`}
    </p>
    ${
      budget === undefined
        ? html`<p class="quiet">no budget for the whole process</p>`
        : html`<${BudgetBar} ...${sums(budget)} label=${barLabel(budget)} />
            <p class="quiet">${tileNote(budget)}</p>`
    }
    ${endsMs !== undefined && html`<p class="quiet">begins anew in ${duration(endsMs - seen.atMs)}</p>`}
  </section>`;
};

/** @param {BudgetReport} budget */
const tileNote = (budget) => {
  const { aside, left } = sums(budget);
  const free = left < 0 ? `${dollars(-left)} over` : `${dollars(left)} free`;
  const expected = `${shortDollars(centsUp(budget.forecast))} expected`;
  return `${aside === 0 ? free : `${dollars(aside)} put aside, ${free}`}, ${expected}`;
};

/** Stages that hold to the end of the period. @param {BudgetReport} budget */
const stageText = ({ stages }) =>
  stages
    .filter((one) => one.holds && one.stage !== 'notify')
    .map((one) => `; ${plain(one.stage)} holds`)
    .join('');

/** @param {BudgetReport} budget */
const barLabel = (budget) => {
  const { spent, aside, limit } = sums(budget);
  return `${dollars(spent)} spent and ${dollars(aside)} put aside of ${dollars(limit)}`;
};

/** @param {{ seen: Seen }} props */
export const Budgets = ({ seen }) => {
  if (seen.budgets.length === 0) return null;
  return html`<section class="panel" aria-labelledby="budgets">
    <h2 id="budgets">Budgets</h2>
    <div class="scroll" tabindex="0" role="group" aria-labelledby="budgets">
      <table class="budgets">
        <thead>
          <tr>
            <th scope="col">budget</th>
            <th scope="col">spent</th>
            <th scope="col">put aside</th>
            <th scope="col">limit</th>
            <th scope="col">used</th>
            <th scope="col">expected</th>
            <th scope="col">begins anew in</th>
          </tr>
        </thead>
        <tbody>
          ${seen.budgets.map((budget) => {
            const { spent, aside, limit } = sums(budget);
            return html`<tr key=${`${budget.budget} ${budget.period}`}>
              <th scope="row">${budget.budget}, ${budget.period}${stageText(budget)}</th>
              <td>${shortDollars(spent)}</td>
              <td>${shortDollars(aside)}</td>
              <td>${shortDollars(limit)}</td>
              <td class="used">
                <${BudgetBar} ...${sums(budget)} label=${barLabel(budget)} />
                <span>${Math.ceil((100 * (spent + aside)) / Math.max(1, limit))} %</span>
              </td>
              <td class=${centsUp(budget.forecast) > limit ? 'over' : ''}>
                ${shortDollars(centsUp(budget.forecast))}
              </td>
              <td>${span(budget.periodEndMs - seen.atMs)}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
  </section>`;
};
