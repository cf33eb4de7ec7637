// The style of the page: one column that prints on A4 as it reads on a screen, light or dark as the reader likes it.

export const PAGE_STYLE = `
:root { color-scheme: light dark;
  --paper: #ffffff; --ink: #16202c; --soft: #5b6876; --line: #dfe4ea; --card: #f6f8fa;
  --main: #1f6feb; --light: #a9c9fb; --mark: #16202c; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #10151c; --ink: #e7edf4; --soft: #93a1b0; --line: #2a333e; --card: #18202a;
  --main: #4f94f7; --light: #2c4a73; --mark: #e7edf4; --bad: #ff8a7a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 40px 24px 56px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 20px; margin: 0; letter-spacing: -0.005em; }
h3 { font-size: 13px; font-weight: 600; margin: 28px 0 8px; color: var(--soft); text-transform: uppercase; letter-spacing: 0.05em; }
p { margin: 0 0 8px; } .soft { color: var(--soft); }
.alarm { border-left: 4px solid var(--bad); padding: 8px 12px; margin: 16px 0; background: var(--card); }
section { margin-top: 44px; padding-top: 28px; border-top: 1px solid var(--line); }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin: 24px 0 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; }
.card b { display: block; font-size: 24px; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em; font-variant-numeric: tabular-nums; }
.card span { color: var(--soft); font-size: 13px; } .card .name { font-weight: 600; color: var(--ink); }
dl { display: grid; grid-template-columns: 150px 1fr; gap: 5px 16px; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: auto; }
.grid { stroke: var(--line); stroke-width: 1; } .axis { fill: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
.main { fill: var(--main); } .light { fill: var(--light); } .mark { stroke: var(--mark); stroke-width: 2; }
.key { display: flex; gap: 20px; margin: 6px 0 0 64px; padding: 0; list-style: none; color: var(--soft); font-size: 13px; }
.key i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 7px; }
.key .line { height: 2px; width: 14px; border-radius: 0; vertical-align: middle; background: var(--mark); }
.key .main { background: var(--main); } .key .light { background: var(--light); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 5px 0 5px 14px; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; } th:first-child, td:first-child { text-align: left; padding-left: 0; }
tfoot td { font-weight: 650; border-bottom: 0; border-top: 2px solid var(--line); }
footer { margin-top: 44px; padding-top: 16px; border-top: 1px solid var(--line); color: var(--soft); font-size: 13px; }
@media (max-width: 720px) { .cards { grid-template-columns: repeat(2, 1fr); } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; } }
@media print { :root { color-scheme: light; --paper: #ffffff; --ink: #16202c; --soft: #5b6876; --line: #dfe4ea; --card: #f6f8fa; --main: #1f6feb; --light: #a9c9fb; --mark: #16202c; --bad: #b42318; }
  @page { size: A4; margin: 14mm; } main { max-width: none; padding: 0; } body { font-size: 12px; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  .card, svg, .key, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } section { break-before: auto; } .scroll { overflow: visible; } table { font-size: 11px; } }
`.trim();
