import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, unreadable, usageError } from '../../base/errors.ts';
import { forEachLine } from '../files/lines.ts';
import { schemaViolation } from '../files/schema.ts';
import type { FuzzFinding, RecordedCampaign } from '../record/record.ts';

/** The journal of a fuzz campaign in its folder. */
const CAMPAIGN_FILE = 'fuzz.ndjson';

/** Whether a folder holds a fuzz campaign. */
export const holdsCampaign = (folder: string): boolean => existsSync(join(folder, CAMPAIGN_FILE));

interface CampaignLine {
  readonly type: 'campaign';
  readonly version: string;
  readonly target: string;
  readonly seed: string;
  readonly modes: readonly string[];
  readonly profile?: string;
}

type Line =
  | CampaignLine
  | { readonly type: 'round'; readonly index: number; readonly operations: number }
  | { readonly type: 'finding'; readonly signature: string; readonly file: string }
  | { readonly type: 'suspect' };

/**
 * Sums up a fuzz campaign from its folder: finished rounds are counted, findings are read from
 * their own files. A last line that was cut off is left out.
 *
 * @throws {@link AllocertError} (usage) when a file of it is missing or damaged
 */
export function readCampaignSummary(folder: string): RecordedCampaign {
  const file = join(folder, CAMPAIGN_FILE);
  const counted = { operations: 0, suspects: 0 };
  const rounds = new Set<number>();
  const findings: FuzzFinding[] = [];
  const hash = createHash('sha256');
  let number = 0;
  const seen: { campaign?: CampaignLine } = {};
  forEachLine(file, (bytes) => {
    number += 1;
    hash.update(bytes).update('\n');
    const line = parsed<Line>('campaign', bytes.toString('utf8'), `${file} line ${number}`);
    if (line.type === 'campaign') seen.campaign ??= line;
    if (line.type === 'suspect') counted.suspects += 1;
    if (line.type === 'finding') findings.push(readFinding(folder, line));
    // A round whose line was lost with a kill was run again, and counts once.
    if (line.type !== 'round' || rounds.has(line.index)) return;
    rounds.add(line.index);
    counted.operations += line.operations;
  });
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
  const finding = parsed<FuzzFinding>('finding', text, join(folder, file));
  if (finding.signature !== signature) {
    throw usageError(`${join(folder, file)} is not the finding that ${CAMPAIGN_FILE} names`);
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
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    const reason = unreadable(thrown) ?? messageOf(thrown);
    throw usageError(`${file} cannot be read, ${reason}; the campaign names it, so restore it`);
  }
}

function parsed<T>(name: 'campaign' | 'finding', text: string, place: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usageError(`${place} is damaged: it is not JSON; restore it`);
  }
  const violation = schemaViolation(name, value);
  if (violation === undefined) return value as T;
  throw usageError(`${place} is not what allocert fuzz writes: ${violation}`);
}
