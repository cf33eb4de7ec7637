// Reads a scrape back: families with type and help, and every sample. Throws on anything that is not Prometheus text, so
// that reading alone is a test of the form.

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly value: number;
  }[];
}

const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/y;

const labelsOf = (text: string): Record<string, string> => {
  const labels: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    LABEL.lastIndex = at;
    const match = LABEL.exec(text);
    if (match === null) throw new Error(`not labels: ${text}`);
    const [whole, name = '', value = ''] = match;
    if (name in labels) throw new Error(`label ${name} twice: ${text}`);
    labels[name] = value;
    at += whole.length;
    if (at < text.length && text[at] !== ',') throw new Error(`no comma: ${text}`);
    at += 1;
  }
  return labels;
};

export const parseScrape = (body: string): Map<string, Family> => {
  const families = new Map<string, Family>();
  let current: Family | null = null;
  let help = '';
  for (const line of body.split('\n')) {
    if (line === '' || line === '# EOF') continue;
    const meta = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (meta !== null) {
      const [, kind, name = '', rest = ''] = meta;
      if (kind === 'HELP') help = rest;
      else {
        if (families.has(name)) throw new Error(`family ${name} twice`);
        current = { name, type: rest, help, samples: [] };
        families.set(name, current);
      }
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (sample === null || current === null) throw new Error(`not a line of a scrape: ${line}`);
    const [, name = '', labels = '', value = ''] = sample;
    if (!name.startsWith(current.name)) throw new Error(`${name} stands under ${current.name}`);
    current.samples.push({ name, labels: labelsOf(labels), value: Number(value.replace('Inf', 'Infinity')) });
  }
  return families;
};

/** The value of one series; undefined when it is not there. */
export const valueOf = (
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Record<string, string> = {},
): number | undefined =>
  [...families.values()]
    .flatMap((family) => family.samples)
    .find(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )?.value;
