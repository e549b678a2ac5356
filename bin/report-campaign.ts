import { usageError } from '../adapters/contract/errors.ts';
import { writeCampaignReport } from '../fuzz/report.ts';
import type { Reporter } from '../reports/reporters.ts';

/** What was asked for beside the page; a campaign alone has none of it. */
interface More {
  readonly reporters: readonly Reporter[];
  readonly out: string | undefined;
}

/**
 * Makes the page of a fuzzing campaign again, and says what is in it.
 *
 * @returns the exit code of the campaign, as far as it got
 * @throws {@link AllocertError} (usage) for a campaign that has not begun, and for what only the
 *   report of a run has
 */
export function reportCampaign(directory: string, { out, reporters }: More): number {
  if (reporters.length > 0 || out !== undefined) {
    throw usageError(
      `${directory} holds a fuzz campaign alone, which has no record; leave --reporter and --out ` +
        'out, or name the report of a run beside it',
    );
  }
  const picture = writeCampaignReport(directory);
  if (picture === undefined) {
    throw usageError(`the campaign in ${directory} never reached its target; start it again`);
  }
  const { findings, unfinished } = picture;
  for (const { file, kind, rule } of findings)
    process.stdout.write(`${rule.id} ${kind}: ${file}\n`);
  const end = unfinished === '' ? '' : `; ${unfinished}`;
  process.stdout.write(`${findings.length} findings${end}; the page is ${directory}/report.html\n`);
  if (findings.length > 0) return 1;
  return unfinished === '' ? 0 : 3;
}
