// What the guard says of a proposal: it passes, or it is refused by one guard with a reason for people.
import type { Guard } from '../domain/report.ts';

export type Verdict =
  | { readonly passed: true }
  | { readonly passed: false; readonly guard: Guard; readonly why: string };

export const PASSED: Verdict = { passed: true };
export const no = (guard: Guard, why: string): Verdict => ({ passed: false, guard, why });
