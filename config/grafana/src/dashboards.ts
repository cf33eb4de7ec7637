// The dashboards as the files that Grafana loads: config/grafana/dashboards/UID.json is made from here, by
// `UPDATE_DASHBOARDS=1 npm test -- test/grafana`, and a test holds the two against each other.
import { bidding } from './bidding.ts';
import { buildBoard, type Board } from './board.ts';
import { budgets } from './budgets.ts';
import { daemon } from './daemon.ts';
import { fleetNow } from './fleet-now.ts';
import { spentAndObtained } from './spent-and-obtained.ts';

export const BOARDS: readonly Board[] = [fleetNow, spentAndObtained, bidding, budgets, daemon];

/** The text of each file, by the name of the file. */
export const dashboardFiles = (): ReadonlyMap<string, string> =>
  new Map(
    BOARDS.map((board) => [`${board.uid}.json`, `${JSON.stringify(buildBoard(board, BOARDS), null, 2)}\n`]),
  );
