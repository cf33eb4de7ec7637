// The two text formats of a scrape and how a client chooses. prom-client's own OpenMetrics mode renames its counters for
// good (the next plain scrape would lose their `_total`), so OpenMetrics is made here from the plain text.

export const PLAIN_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
export const OPENMETRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** The weight an Accept header gives to a media type; 0 when it does not name it. */
const weightOf = (accept: string, type: string): number => {
  let best = 0;
  for (const part of accept.split(',')) {
    const [name, ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    if (name !== type) continue;
    const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    best = Math.max(best, Number.isFinite(quality) ? quality : 0);
  }
  return best;
};

/** OpenMetrics only for a client that asks for it by name and likes it at least as well as plain text. */
export const wantsOpenMetrics = (accept: string | undefined): boolean => {
  const weight = weightOf(accept ?? '', 'application/openmetrics-text');
  return weight > 0 && weight >= weightOf(accept ?? '', 'text/plain');
};

/** Prometheus text 0.0.4 as OpenMetrics 1.0.0: families without `_total`, quotes in help escaped, no blank line, an end mark. */
export const toOpenMetrics = (text: string): string => {
  const counters = new Set<string>();
  for (const match of text.matchAll(/^# TYPE (\S+)_total counter$/gm)) counters.add(`${match[1]}_total`);
  const family = (name: string): string => (counters.has(name) ? name.slice(0, -'_total'.length) : name);
  const lines = text.split('\n').filter((line) => line !== '');
  const turned = lines.map((line) => {
    const match = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (match === null) return line;
    const [, kind = '', name = '', rest = ''] = match;
    return `# ${kind} ${family(name)} ${kind === 'HELP' ? rest.replaceAll('"', '\\"') : rest}`;
  });
  return `${turned.join('\n')}\n# EOF\n`;
};
