// The rule files that come with the program, read as values.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export interface Rule {
  readonly group: string;
  readonly expr: string;
  readonly alert?: string;
  readonly record?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Omit<Rule, 'group'>[] }[];
}

export const RULE_FILES: readonly string[] = ['recording.yaml', 'alerts.yaml'].map((name) =>
  fileURLToPath(new URL(`../../config/prometheus/rules/${name}`, import.meta.url)),
);

export const readRules = (): readonly Rule[] =>
  RULE_FILES.flatMap((file) =>
    (parse(readFileSync(file, 'utf8')) as RuleFile).groups.flatMap(({ name, rules }) =>
      rules.map((rule) => ({ ...rule, group: name })),
    ),
  );
