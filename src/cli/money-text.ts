// The money part of `status`: how fills are paid, the account as a whole, drift and lateness.
import type { PaymentRuleSeen } from '../domain/account.ts';
import { costToCentsUp, formatCents } from '../domain/money.ts';
import type { AccountReport, Lateness, MoneyReport } from '../domain/report.ts';
import { formatDuration, formatInstant } from '../domain/time.ts';

const RULES: Readonly<Record<PaymentRuleSeen, string>> = {
  clear: 'clear: a fill costs the ask, whatever the limit',
  maker: 'maker: a bid that stood costs its limit, everything else the ask',
  bid: 'bid: a fill costs its limit',
  unsure: 'unsure: too few fills at a limit clearly above the ask, or they differ',
};

export const moneyLines = ({ rule, lateness, drift, account }: MoneyReport): string[] => [
  `payment   ${RULES[rule]}`,
  ...(account === null
    ? ['account   no transaction has been read yet']
    : [`account   ${accountText(account)}`, ...otherLines(account)]),
  `drift     accrued − settled: ${[
    ...drift.map(({ fleet, cost }) => `${fleet} ${formatCents(costToCentsUp(cost))}`),
    ...(account === null ? [] : [`account ${formatCents(costToCentsUp(account.drift))}`]),
  ].join(', ')}`,
  `lateness  ${(['answers', 'fills', 'records'] as const).map((what) => `${what} ${latenessText(lateness[what])}`).join('; ')}`,
];

const accountText = ({ spend, readToMs }: AccountReport): string => {
  const parts = [`${formatCents(spend.ours)} ours`, `${formatCents(spend.others)} not ours`];
  if (spend.unattributed !== 0) parts.push(`${formatCents(spend.unattributed)} unattributed`);
  if (spend.open !== 0) parts.push(`${formatCents(spend.open)} not looked up yet`);
  return `bought: ${parts.join(', ')}; read to ${formatInstant(readToMs)}`;
};

const otherLines = ({ billed, takenBack }: AccountReport): string[] => {
  const parts = Object.entries(billed)
    .filter(([category, cents]) => category !== 'buy_order' && cents !== 0)
    .map(([category, cents]) => `${category.replaceAll('_', ' ')} ${formatCents(cents)}`);
  if (takenBack !== 0) parts.push(`corrections ${formatCents(takenBack)}`);
  return parts.length === 0 ? [] : [`          besides: ${parts.join(', ')}`];
};

const latenessText = (one: Lateness | null): string =>
  one === null
    ? 'none yet'
    : `half within ${formatDuration(one.halfMs)}, 9 of 10 within ${formatDuration(one.ninetyMs)}`;
