import { counted } from '../../base/counted.ts';
import { usageError } from '../../base/errors.ts';
import { isTyped } from '../../config/typed.ts';
import { campaignExitCode } from '../../fuzz/campaign/exit-codes.ts';
import { writeCampaignReport } from '../../fuzz/findings/report.ts';
import { kcidbOptions } from './kcidb-options.ts';
import { gateOptions } from './options.ts';
import { say } from './terminal.ts';

/** Flags for what only the record of a run has. */
const OF_RECORDS = ['reporter', 'out', ...Object.keys({ ...gateOptions, ...kcidbOptions })];

/**
 * Makes the page of a fuzzing campaign again, and says what is in it.
 *
 * @param line what was typed: what files and variables set for records gives way
 * @returns the exit code of the campaign, as far as it got
 * @throws {@link AllocertError} (usage) for a campaign that has not begun, and for what only the
 *   report of a run has
 */
export function reportCampaign(directory: string, line: readonly string[]): number {
  const typed = OF_RECORDS.filter((option) => isTyped(line, option));
  if (typed.length > 0) {
    throw usageError(
      `${directory} holds a fuzz campaign alone, which has no record; leave ` +
        `${typed.map((option) => `--${option}`).join(' and ')} out, ` +
        'or name the report of a run beside it',
    );
  }
  const picture = writeCampaignReport(directory);
  if (picture === undefined) {
    throw usageError(`the campaign in ${directory} never reached its target; start it again`);
  }
  const { findings, unfinished } = picture;
  for (const { file, kind, rule } of findings) say(`${rule.id} ${kind}: ${file}`);
  const end = unfinished === '' ? '' : `; ${unfinished}`;
  say(`${counted(findings.length, 'finding')}${end}; the page is ${directory}/report.html`);
  return campaignExitCode(findings.length, unfinished);
}
