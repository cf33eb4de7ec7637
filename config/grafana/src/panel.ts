// A panel as plain values, and what turns it into Grafana's model. Every panel has to say its unit, what it means in a
// sentence, and from where on its colour warns; a dashboard numbers its panels itself, so links to a panel stay good as
// long as panels are added at the end.
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

export interface Query {
  readonly expr: string;
  /** Grafana's legend format: `{{fleet}} wanted`. */
  readonly legend: string;
}

/** From `from` upwards the value has this colour. */
export interface Step {
  readonly from: number;
  readonly colour: 'green' | 'yellow' | 'orange' | 'red' | 'blue';
}

export interface Panel {
  readonly title: string;
  /** What is shown, and when to worry. */
  readonly says: string;
  /** One number, lines, lines that jump, stacked bars, or coloured bands over time. */
  readonly kind: 'number' | 'lines' | 'steps' | 'bars' | 'bands';
  /** Grafana's id of the unit. */
  readonly unit: string;
  /** The colour below every step; blue where no value is better than another. */
  readonly base: Step['colour'];
  readonly steps: readonly Step[];
  readonly decimals?: number;
  readonly queries: readonly Query[];
}

/** Variables of the dashboards, in the form a query has them. */
export const DATA_SOURCE = { type: 'prometheus', uid: '${datasource}' } as const;

const SIZES = {
  number: { w: 4, h: 4 },
  lines: { w: 12, h: 8 },
  steps: { w: 12, h: 8 },
  bars: { w: 12, h: 8 },
  bands: { w: 24, h: 6 },
} as const;

export type Place = { readonly id: number; readonly x: number; readonly y: number };

type Built = stat.PanelBuilder | statetimeline.PanelBuilder | timeseries.PanelBuilder;

export const sizeOf = ({ kind }: Panel): { readonly w: number; readonly h: number } => SIZES[kind];

export const buildPanel = (panel: Panel, { id, x, y }: Place): Built => {
  const thresholds = new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps([
      { value: null, color: panel.base },
      ...panel.steps.map(({ from, colour }) => ({ value: from, color: colour })),
    ]);
  const built = bare(panel)
    .id(id)
    .title(panel.title)
    .description(panel.says)
    .unit(panel.unit)
    .thresholds(thresholds)
    .datasource(DATA_SOURCE)
    .gridPos({ ...sizeOf(panel), x, y })
    .targets(panel.queries.map((query, index) => target(query, index, panel.kind === 'number')));
  return panel.decimals === undefined ? built : built.decimals(panel.decimals);
};

const target = ({ expr, legend }: Query, index: number, instant: boolean): prometheus.DataqueryBuilder => {
  const query = new prometheus.DataqueryBuilder()
    .refId(String.fromCodePoint(65 + index))
    .datasource(DATA_SOURCE)
    .expr(expr)
    .legendFormat(legend);
  return instant ? query.instant() : query.range();
};

const bare = (panel: Panel): Built => {
  if (panel.kind === 'number') {
    return new stat.PanelBuilder()
      .colorMode(panel.steps.length === 0 ? common.BigValueColorMode.None : common.BigValueColorMode.Value)
      .graphMode(common.BigValueGraphMode.None);
  }
  if (panel.kind === 'bands') {
    return new statetimeline.PanelBuilder()
      .mergeValues(true)
      .showValue(common.VisibilityMode.Never)
      .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds));
  }
  const chart = new timeseries.PanelBuilder()
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi))
    .showPoints(common.VisibilityMode.Never)
    .thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(
        panel.steps.length === 0
          ? common.GraphThresholdsStyleMode.Off
          : common.GraphThresholdsStyleMode.Dashed,
      ),
    );
  if (panel.kind === 'bars') {
    return chart
      .drawStyle(common.GraphDrawStyle.Bars)
      .fillOpacity(80)
      .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  }
  return panel.kind === 'steps' ? chart.lineInterpolation(common.LineInterpolation.StepAfter) : chart;
};
