import type { RunRecord } from '../record/record.ts';
import type { GateFacts } from './exit-code.ts';
import { phraseOf } from './gated-points.ts';

/** Sentences on what needs attention although it does not decide the exit code. */
export function warningsOf(record: RunRecord, facts: GateFacts): readonly string[] {
  const { fixed, passingAgain, unused, unobserved } = facts;
  const again = passingAgain.map(
    ({ id, target, owner }) =>
      `the waiver of ${id} on ${target} is not needed any more: it passes; ${owner} may remove it`,
  );
  const idle = unused.map(
    ({ id, target, why }) => `the waiver of ${id} on ${target} is unused: ${why}`,
  );
  const hidden =
    unobserved.length === 0
      ? []
      : [`failed in the baseline and was not observed this time: ${phraseOf(unobserved)}`];
  const mended =
    fixed.length === 0
      ? []
      : [
          `${fixed.length === 1 ? 'one row is' : `${fixed.length} rows are`} fixed; record the ` +
            'baseline anew, or the same failure passes unseen when it comes back',
        ];
  const others = [...hidden, ...mended, ...baselineWarnings(record, facts)];
  return [...again, ...idle, ...flaked(facts), ...others];
}

function flaked({ flaky, failOnFlaky }: GateFacts): string[] {
  if (failOnFlaky || flaky.length === 0) return [];
  return [`it failed and then did not: ${phraseOf(flaky)}; --fail-on-flaky makes that 4`];
}

function baselineWarnings(record: RunRecord, { baseline }: GateFacts): string[] {
  if (baseline === undefined) return [];
  const { path, incompleteReason, allocert, target } = baseline;
  const warnings: string[] = [];
  if (incompleteReason !== '') {
    const may = 'what it did not see counts as new';
    warnings.push(`the baseline ${path} is itself incomplete (${incompleteReason}); ${may}`);
  }
  if (allocert !== record.allocert) {
    const cases = 'cases that are new since then count as new where they fail';
    warnings.push(`allocert ${allocert} made the baseline ${path}; ${cases}`);
  }
  if (target !== record.target) {
    warnings.push(`the baseline ${path} is of another target, ${target}`);
  }
  return warnings;
}
