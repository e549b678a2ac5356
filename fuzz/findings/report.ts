import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { factsFromJson } from '../../adapters/contract/program-json.ts';
import { usageError } from '../../base/errors.ts';
import { REPORT_FILES } from '../../reports/files/directory.ts';
import { forEachLine } from '../../reports/files/lines.ts';
import { replaceStream } from '../../reports/files/replace-file.ts';
import { schemaViolation } from '../../reports/files/schema.ts';
import { campaignPage } from '../../reports/formats/html/campaign.ts';
import type {
  CampaignPicture,
  FuzzMode,
  FuzzPicture,
  FuzzSample,
} from '../../reports/formats/html/fuzz-picture.ts';
import { type CampaignLine, JOURNAL, type Line } from '../../reports/journal/campaign-lines.ts';
import { pictureOf } from './picture.ts';
import { readFinding } from './replay.ts';

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

/** What the journal says of the campaign, summed up while it is read. */
interface Sums {
  campaign: CampaignLine | undefined;
  readonly modes: Map<string, { rounds: number; operations: number; broken: number }>;
  readonly samples: FuzzSample[];
  readonly suspects: { round: number; why: string }[];
  readonly files: string[];
  /** Undefined while a part of the campaign has not ended. */
  reason: string | undefined;
}

function readCampaignPicture(directory: string): CampaignPicture | undefined {
  const sums: Sums = {
    ...{ campaign: undefined, modes: new Map(), samples: [], suspects: [], files: [] },
    reason: undefined,
  };
  const file = join(directory, JOURNAL);
  let number = 0;
  forEachLine(file, (line) => {
    number += 1;
    add(sums, parsed(line.toString('utf8'), `${file}:${number}`));
  });
  const { campaign, files, samples, suspects } = sums;
  if (campaign === undefined) return undefined;
  const { memoryLimit, profile, seed, startedAt, target, version } = campaign;
  const facts = campaign.facts === undefined ? undefined : factsFromJson(campaign.facts as object);
  const [region] = facts?.regions ?? [];
  return {
    ...{ target, seed, memoryLimit, allocert: version, samples, suspects },
    ...(facts === undefined ? {} : { facts }),
    ...(profile === undefined ? {} : { profile }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(region?.bounded === true && region.sizeBytes !== undefined
      ? { regionBytes: region.sizeBytes }
      : {}),
    modes: [...sums.modes].map(([name, mode]): FuzzMode => ({ name, ...mode })),
    unfinished: sums.reason ?? 'it was killed, or it is not over yet',
    findings: files.map((name) => findingPicture(directory, name)),
  };
}

function parsed(text: string, place: string): Line {
  const value = jsonOf(text);
  if (schemaViolation('campaign', value) === undefined) return value as Line;
  throw usageError(`${place} is damaged, so the campaign cannot be shown; restore the file`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function add(sums: Sums, line: Line): void {
  // Whatever comes after an end belongs to a part that goes on.
  sums.reason = line.type === 'end' ? line.reason : undefined;
  if (line.type === 'campaign') {
    sums.campaign = line;
    for (const name of line.modes) sums.modes.set(name, { rounds: 0, operations: 0, broken: 0 });
  } else if (line.type === 'round') {
    const mode = sums.modes.get(line.mode) ?? { rounds: 0, operations: 0, broken: 0 };
    mode.rounds += 1;
    mode.operations += line.operations;
    mode.broken += line.signatures.length === 0 ? 0 : 1;
    sums.modes.set(line.mode, mode);
  } else if (line.type === 'sample') {
    const { ms, operations, peakBytes } = line;
    sums.samples.push({ ms, operations, peakBytes: BigInt(peakBytes) });
  } else if (line.type === 'suspect') sums.suspects.push({ round: line.round, why: line.why });
  else if (line.type === 'finding') sums.files.push(line.file);
}

/** Findings lie beside the journal, whatever it says. */
const FINDING = /^finding-[\w-]+\.json$/;

/** A finding's picture, with the C program beside it when there is one. */
function findingPicture(directory: string, file: string): FuzzPicture {
  if (!FINDING.test(file)) {
    throw usageError(`${join(directory, JOURNAL)} names "${file}", which is no finding's file`);
  }
  const reproducer = file.replace(/\.json$/, '.c');
  const exists = existsSync(join(directory, reproducer));
  const files = exists ? { file, reproducer } : { file };
  return pictureOf(readFinding(join(directory, file)), files);
}
