import { existsSync, readFileSync } from 'node:fs';
import type { ListedCase } from '../run/named.ts';

/**
 * Where the build lists the cases, so that a command that only names them need not load the code
 * that runs them.
 */
export const LISTED_CASES = new URL('./listed-cases.json', import.meta.url);

/** Every case by its id and its rules, in the order of a run. */
export async function listedCases(): Promise<readonly ListedCase[]> {
  if (existsSync(LISTED_CASES)) return JSON.parse(readFileSync(LISTED_CASES, 'utf8'));
  return (await import('../cases/all.ts')).CASES;
}
