import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TargetFacts } from '../../adapters/contract/index.ts';
import { factsFromJson } from '../../adapters/contract/program-json.ts';
import { usageError } from '../../base/errors.ts';
import { REPORT_FILES } from '../../reports/files/directory.ts';
import { replaceStream } from '../../reports/files/replace-file.ts';
import { campaignPage } from '../../reports/formats/html/campaign.ts';
import type {
  CampaignPicture,
  FuzzGroup,
  FuzzMode,
  FuzzPicture,
  FuzzSample,
} from '../../reports/formats/html/fuzz-picture.ts';
import { CampaignCourse } from '../../reports/journal/campaign-course.ts';
import {
  CAMPAIGN_FILE,
  type CampaignHeader,
  type CampaignLine,
  readCampaignLines,
} from '../../reports/journal/campaign-lines.ts';
import { contradictionIn } from '../../reports/record/contradiction.ts';
import type { FoundFile } from '../record/found-file.ts';
import { causeText, type Grouped, groupsOf } from './groups.ts';
import { pictureOf } from './picture.ts';
import { readNamedFinding } from './read-finding.ts';

/**
 * Writes `report.html` of a campaign from its journal and its findings, beside them. It may be
 * called while the campaign goes on, or after it was killed.
 *
 * @returns what the page shows; undefined when the campaign never reached its target
 * @throws {@link AllocertError} when journal or findings are damaged, or the page cannot be written
 */
export function writeCampaignReport(directory: string): CampaignPicture | undefined {
  const picture = readCampaignPicture(directory);
  if (picture === undefined) return undefined;
  replaceStream(directory, REPORT_FILES.html, campaignPage(picture));
  return picture;
}

/** Sums over the journal of a campaign, made while it is read. */
interface Sums {
  campaign: CampaignHeader | undefined;
  readonly modes: Map<string, { rounds: number; operations: number; broken: number }>;
  readonly samples: FuzzSample[];
  readonly suspects: { round: number; why: string }[];
  readonly found: FoundFile[];
  /** Undefined while a part of the campaign has not ended. */
  reason: string | undefined;
}

function readCampaignPicture(directory: string): CampaignPicture | undefined {
  const sums: Sums = {
    ...{ campaign: undefined, modes: new Map(), samples: [], suspects: [], found: [] },
    reason: undefined,
  };
  const file = join(directory, CAMPAIGN_FILE);
  const course = new CampaignCourse(file);
  readCampaignLines(file, (line) => {
    course.add(line);
    add(sums, line);
  });
  const { campaign, found, samples, suspects } = sums;
  if (campaign === undefined) return undefined;
  course.end();
  const { memoryLimit, profile, seed, startedAt, target, version } = campaign;
  const facts = campaign.facts === undefined ? undefined : factsFromJson(campaign.facts as object);
  const regionBytes = facts === undefined ? undefined : roomIn(facts);
  return {
    ...{ target, seed, allocert: version, samples, suspects },
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
    ...(facts === undefined ? {} : { facts }),
    ...(profile === undefined ? {} : { profile }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(regionBytes === undefined ? {} : { regionBytes }),
    modes: [...sums.modes].map(([name, mode]): FuzzMode => ({ name, ...mode })),
    unfinished: sums.reason ?? 'it was killed, or it is not over yet',
    ...picturesIn(directory, found),
  };
}

/** Bytes of all regions, where each is bounded and tells its size: rounds use any of them. */
function roomIn({ regions }: TargetFacts): bigint | undefined {
  let sum = 0n;
  for (const { bounded, sizeBytes } of regions) {
    if (!bounded || sizeBytes === undefined) return undefined;
    sum += sizeBytes;
  }
  return sum === 0n ? undefined : sum;
}

function add(sums: Sums, line: CampaignLine): void {
  // Whatever comes after an end belongs to a part that goes on.
  sums.reason = line.type === 'end' ? line.reason : undefined;
  if (line.type === 'campaign') {
    sums.campaign = line;
    for (const name of line.modes) sums.modes.set(name, { rounds: 0, operations: 0, broken: 0 });
  } else if (line.type === 'round') {
    const { mode: name = '', signatures = [] } = line;
    const mode = sums.modes.get(name) ?? { rounds: 0, operations: 0, broken: 0 };
    mode.rounds += 1;
    mode.operations += line.operations;
    mode.broken += signatures.length === 0 ? 0 : 1;
    sums.modes.set(name, mode);
  } else if (line.type === 'sample') {
    const { ms, operations, peakBytes } = line;
    sums.samples.push({ ms, operations, peakBytes: BigInt(peakBytes) });
  } else if (line.type === 'suspect') sums.suspects.push({ round: line.round, why: line.why });
  else if (line.type === 'finding') sums.found.push(line);
}

/** The findings as they are drawn, and which of them have one cause. */
function picturesIn(
  directory: string,
  found: readonly FoundFile[],
): Pick<CampaignPicture, 'findings' | 'groups'> {
  const drawn = found.map((one, place) => ({ ...findingPicture(directory, one), place }));
  const groups = groupsOf(drawn).map(([first, ...others]): FuzzGroup => {
    const { cause } = first;
    return {
      places: [first.place, ...others.map(({ place }) => place)],
      cause: cause === undefined ? '' : causeText(cause),
    };
  });
  return { findings: drawn.map(({ picture }) => picture), groups };
}

/** What is drawn of a finding, and what ties it to others. */
interface Drawn extends Grouped {
  readonly picture: FuzzPicture;
}

/** Findings lie beside the journal, whatever it says. */
const FINDING = /^finding-[\w-]+\.json$/;

/** A finding's picture, with the C program beside it when there is one. */
function findingPicture(directory: string, { file, signature }: FoundFile): Drawn {
  if (!FINDING.test(file)) {
    throw usageError(
      `${join(directory, CAMPAIGN_FILE)} names "${file}", which is not the file of a finding`,
    );
  }
  const reproducer = file.replace(/\.json$/, '.c');
  const exists = existsSync(join(directory, reproducer));
  const files = exists ? { file, reproducer } : { file };
  const finding = readNamedFinding(join(directory, file));
  if (finding.signature !== signature) {
    const what = `signature says "${finding.signature}", and "${signature}" is named there`;
    throw contradictionIn(join(directory, file), join(directory, CAMPAIGN_FILE), what);
  }
  const { cause, oracle } = finding;
  return { ...(cause === undefined ? {} : { cause }), oracle, picture: pictureOf(finding, files) };
}
