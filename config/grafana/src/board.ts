// What all dashboards share: the variables for data source, fleet and interval, links to one another that keep time and
// variables, and the layout: panels fill rows from left to right in the order they are written.
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { buildPanel, DATA_SOURCE, sizeOf, type Panel } from './panel.ts';

export interface Board {
  /** Also the name of its file; stands in links, so it never changes. */
  readonly uid: string;
  readonly title: string;
  readonly says: string;
  /** How far back it looks when opened. */
  readonly from: string;
  readonly panels: readonly Panel[];
}

const TAG = 'bidkeeper';
const WIDTH = 24;

export const buildBoard = (board: Board, all: readonly Board[]): dashboard.Dashboard => {
  const builder = new dashboard.DashboardBuilder(`bidkeeper: ${board.title}`)
    .uid(board.uid)
    .description(board.says)
    .tags([TAG])
    .time({ from: board.from, to: 'now' })
    .timezone('browser')
    .refresh('1m')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .readonly()
    .variables(variables());
  for (const other of all) {
    if (other.uid === board.uid) continue;
    builder.link(
      new dashboard.DashboardLinkBuilder(other.title)
        .type(dashboard.DashboardLinkType.Link)
        .url(`/d/${other.uid}`)
        .tooltip(other.says)
        .includeVars(true)
        .keepTime(true),
    );
  }
  let x = 0;
  let y = 0;
  let height = 0;
  for (const [index, panel] of board.panels.entries()) {
    const { w, h } = sizeOf(panel);
    if (x + w > WIDTH || (height !== 0 && h !== height)) {
      x = 0;
      y += height;
    }
    height = h;
    builder.withPanel(buildPanel(panel, { id: index + 1, x, y }));
    x += w;
  }
  const built = builder.build();
  // Links stand in a row below the title; the builder would hide them in a menu.
  const links = (built.links ?? []).map(({ placement: _menu, ...link }) => link);
  return { ...built, links };
};

const variables = () => [
  new dashboard.DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
  new dashboard.QueryVariableBuilder('fleet')
    .label('Fleet')
    .datasource(DATA_SOURCE)
    .query('label_values(bidkeeper_fleet_info, fleet)')
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: 'All', value: '$__all' }),
  new dashboard.IntervalVariableBuilder('interval')
    .label('Interval')
    .values('15m,1h,6h,1d')
    .current({ selected: true, text: '1h', value: '1h' }),
];
