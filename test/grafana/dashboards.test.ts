// The dashboards that Grafana loads are those the sources make, and none has a panel that leaves its reader alone.
// `UPDATE_DASHBOARDS=1 npm test -- test/grafana` writes the files anew.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BOARDS, dashboardFiles } from '../../config/grafana/src/dashboards.ts';

const FOLDER = fileURLToPath(new URL('../../config/grafana/dashboards/', import.meta.url));
const made = dashboardFiles();

if (process.env['UPDATE_DASHBOARDS'] === '1') {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, text] of made) writeFileSync(join(FOLDER, name), text);
}

describe('the dashboards', () => {
  it('are the ones their sources make', () => {
    expect(readdirSync(FOLDER).toSorted()).toEqual([...made.keys()].toSorted());
    for (const [name, text] of made)
      expect(readFileSync(join(FOLDER, name), 'utf8') === text, name).toBe(true);
  });

  it('say of every panel what it shows, in which unit, and from where on it warns', () => {
    for (const { title, says, panels } of BOARDS) {
      expect(says.length, title).toBeGreaterThan(20);
      for (const panel of panels) {
        expect(panel.says, panel.title).toMatch(/^[A-Z0-9].{15,}\.$/);
        expect(panel.unit, panel.title).not.toBe('');
        expect(panel.queries.length, panel.title).toBeGreaterThan(0);
        const froms = panel.steps.map(({ from }) => from);
        expect(froms, panel.title).toEqual(froms.toSorted((a, b) => a - b));
      }
      const titles = panels.map((panel) => panel.title);
      expect(new Set(titles).size, title).toBe(titles.length);
    }
  });

  it('carry that into the files, with numbered panels, the three variables, and a link to each other one', () => {
    for (const [name, text] of made) {
      const model = JSON.parse(text) as Model;
      expect(model.templating.list.map((variable) => variable.name)).toEqual([
        'datasource',
        'fleet',
        'interval',
      ]);
      expect(model.links.map(({ url }) => url).toSorted()).toEqual(
        BOARDS.map(({ uid }) => `/d/${uid}`)
          .filter((url) => url !== `/d/${model.uid}`)
          .toSorted(),
      );
      expect(name).toBe(`${model.uid}.json`);
      expect(model.panels.map(({ id }) => id)).toEqual(model.panels.map((_, index) => index + 1));
      for (const panel of model.panels) {
        expect(panel.description, panel.title).toBeTruthy();
        expect(panel.fieldConfig.defaults.unit, panel.title).toBeTruthy();
        expect(panel.fieldConfig.defaults.thresholds.steps[0]?.value ?? null, panel.title).toBeNull();
        expect(panel.datasource.uid).toBe('${datasource}');
      }
    }
  });

  it('put no panel over another or beyond the edge', () => {
    for (const [name, text] of made) {
      const taken = new Set<string>();
      for (const { gridPos, title } of (JSON.parse(text) as Model).panels) {
        expect(gridPos.x + gridPos.w, `${name} ${title}`).toBeLessThanOrEqual(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
            expect(taken.has(`${x} ${y}`), `${name} ${title}`).toBe(false);
            taken.add(`${x} ${y}`);
          }
        }
      }
    }
  });
});

interface Model {
  readonly uid: string;
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly links: readonly { readonly url: string }[];
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly description: string;
    readonly datasource: { readonly uid: string };
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly fieldConfig: {
      readonly defaults: {
        readonly unit: string;
        readonly thresholds: { readonly steps: readonly { readonly value: number | null }[] };
      };
    };
  }[];
}
