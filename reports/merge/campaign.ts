import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AllocertError, messageOf, unreadable, usageError } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import { readRegular } from '../../base/read-whole.ts';
import { schemaViolation } from '../files/schema.ts';
import { CampaignCourse, ruleIn } from '../journal/campaign-course.ts';
import {
  CAMPAIGN_FILE,
  type CampaignHeader,
  readCampaignLines,
} from '../journal/campaign-lines.ts';
import { contradictionIn } from '../record/contradiction.ts';
import type { FuzzFinding, RecordedCampaign } from '../record/record.ts';

/**
 * Sums up a fuzz campaign from its folder: finished rounds are counted, findings are read from
 * their own files. A last line that was cut off is left out.
 *
 * @throws {@link AllocertError} (usage) when a file of it is missing or damaged, and (machine) when
 *   they contradict each other
 */
export function readCampaignSummary(folder: string): RecordedCampaign {
  const file = join(folder, CAMPAIGN_FILE);
  const counted = { operations: 0, suspects: 0 };
  const rounds = new Set<number>();
  const findings: FuzzFinding[] = [];
  const hash = createHash('sha256');
  const seen: { campaign?: CampaignHeader } = {};
  const course = new CampaignCourse(file);
  readCampaignLines(file, (line, { bytes }) => {
    course.add(line);
    hash.update(bytes).update('\n');
    if (line.type === 'campaign') seen.campaign ??= line;
    if (line.type === 'suspect') counted.suspects += 1;
    if (line.type === 'finding') findings.push(readFinding(folder, line));
    // A round whose line was lost with a kill was run again, and counts once.
    if (line.type !== 'round' || rounds.has(line.index)) return;
    rounds.add(line.index);
    counted.operations += line.operations;
  });
  course.end();
  if (seen.campaign === undefined) throw usageError(`${file} does not begin with a campaign`);
  const { version, target, seed, modes, profile = '' } = seen.campaign;
  const digest = hash.digest('hex');
  const campaign = { allocert: version, target, seed, profile, modes };
  return { ...campaign, rounds: rounds.size, ...counted, findings, digest };
}

function readFinding(
  folder: string,
  { signature, file }: { readonly signature: string; readonly file: string },
): FuzzFinding {
  const text = textOf(join(folder, file));
  const finding = findingIn(text, join(folder, file));
  if (finding.signature !== signature) {
    const what = `signature says "${finding.signature}", and "${signature}" is named there`;
    throw contradictionIn(join(folder, file), join(folder, CAMPAIGN_FILE), what);
  }
  const rule = `${finding.oracle} ${finding.requirement}`;
  if (ruleIn(signature) !== rule) {
    const what = `oracle and requirement say ${rule}, and the signature is "${signature}"`;
    throw contradictionIn(join(folder, file), 'itself', what);
  }
  const { requirement, oracle, kind, detail, mode, reproduced } = finding;
  const digest = createHash('sha256').update(text).digest('hex');
  return {
    ...{ requirement, signature, oracle, kind, detail, mode, file, digest },
    ...(reproduced === undefined ? {} : { reproduced: timesOf(reproduced) }),
  };
}

const timesOf = ({ times, of }: NonNullable<FuzzFinding['reproduced']>) => ({ times, of });

function textOf(file: string): string {
  try {
    return readRegular(file).toString('utf8');
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    const reason = unreadable(thrown) ?? messageOf(thrown);
    throw usageError(`${file} cannot be read, ${reason}; the campaign names it, so restore it`);
  }
}

function findingIn(text: string, place: string): FuzzFinding {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (thrown) {
    throw usageError(`${place} is damaged: it ${messageOf(thrown)}; restore it`);
  }
  const violation = schemaViolation('finding', value);
  if (violation === undefined) return value as FuzzFinding;
  throw usageError(`${place} is not what allocert fuzz writes: ${violation}`);
}
