// Fields of CSV.

/** RFC 4180: a field with a comma, a quote or a line break stands in quotes, a quote inside is doubled. */
export const csvField = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** A header and rows as a file; null is an empty field. */
export const csvText = (header: string, rows: readonly (readonly (string | number | null)[])[]): string =>
  [
    header,
    ...rows.map((row) => row.map((cell) => (cell === null ? '' : csvField(String(cell)))).join(',')),
    '',
  ].join('\n');
