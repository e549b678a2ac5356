import { type Finding, isSameCause } from '../record/finding.ts';

/** What grouping needs to know of a finding. */
export type Grouped = Pick<Finding, 'cause' | 'oracle'>;

/**
 * Findings in groups of one cause, each in the order in which they were found, the one that shows
 * the cause itself first. A finding whose cause was not proved is a group of its own, however much
 * it looks like another: two defects are never one group because their schedules are alike.
 */
export function groupsOf<Found extends Grouped>(
  findings: readonly Found[],
): readonly (readonly [Found, ...Found[]])[] {
  const groups: [Found, ...Found[]][] = [];
  for (const finding of findings) {
    const group = groups.find(([first]) => isSameCause(first.cause, finding.cause));
    if (group === undefined) groups.push([finding]);
    else if (showsCause(finding) && !showsCause(group[0])) group.unshift(finding);
    else group.push(finding);
  }
  return groups;
}

/** Whether a finding is about the cause itself, and not about what followed from it. */
const showsCause = ({ oracle }: Grouped): boolean => oracle === 'exclusion';

/** How findings of one cause are tied to each other, in a sentence. */
export const causeText = ({ steps }: NonNullable<Finding['cause']>): string =>
  `two live buffers share a page (after ${steps.join(', ')}), and what was seen wrong is in it`;
