import type { CanaryEnd, SelfCheck } from './self-check.ts';

/** The exit code when nothing can be said. */
const INCOMPLETE = 3;

/**
 * Of a campaign: 1 with findings, 0 when it came to its end without any, else 3.
 *
 * @param findings those of earlier parts among them
 * @param unfinished why it stopped early; empty when it did not
 */
export function campaignExitCode(findings: number, unfinished: string): 0 | 1 | 3 {
  if (findings > 0) return 1;
  return unfinished === '' ? 0 : INCOMPLETE;
}

/** Of a search for the canary: 0 when it was found, else 3. */
export const canaryExitCode = ({ found }: CanaryEnd): 0 | 3 => (found ? 0 : INCOMPLETE);

/** Of a self-check: 3 when two runs differ or one was stopped, 1 with findings, else 0. */
export function selfCheckExitCode({ complete, difference, findings }: SelfCheck): 0 | 1 | 3 {
  if (!complete || difference !== undefined) return INCOMPLETE;
  return findings > 0 ? 1 : 0;
}
