// Every query of the dashboards, read from the JSON that Grafana loads, with its variables filled in as Grafana would.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface PanelQuery {
  /** File, panel and letter: for failures. */
  readonly where: string;
  readonly expr: string;
  /** Asked at one instant (a number) instead of over the window. */
  readonly instant: boolean;
}

interface Model {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly {
      readonly refId: string;
      readonly expr: string;
      readonly instant?: boolean;
    }[];
  }[];
}

const DASHBOARDS = fileURLToPath(new URL('../../config/grafana/dashboards/', import.meta.url));

const VARIABLES: readonly (readonly [string, string])[] = [
  ['$fleet', '.*'],
  ['$interval', '1h'],
  ['$__rate_interval', '1h'],
];

const filled = (expr: string): string =>
  VARIABLES.reduce((text, [name, value]) => text.replaceAll(name, value), expr);

export const panelQueries = (): readonly PanelQuery[] =>
  readdirSync(DASHBOARDS).flatMap((file) =>
    (JSON.parse(readFileSync(`${DASHBOARDS}${file}`, 'utf8')) as Model).panels.flatMap((panel) =>
      panel.targets.map(({ refId, expr, instant }) => ({
        where: `${file}, ${panel.title}, ${refId}`,
        expr: filled(expr),
        instant: instant === true,
      })),
    ),
  );
