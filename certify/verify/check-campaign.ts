import { join } from 'node:path';
import { historyViolation } from '../../adapters/contract/history-violation.ts';
import { type TargetFacts, toJson } from '../../adapters/contract/index.ts';
import { factsFromJson, historyFromJson } from '../../adapters/contract/program-json.ts';
import { machineError, messageOf, usageError } from '../../base/errors.ts';
import { forEachLine } from '../../base/lines.ts';
import { parseJson } from '../../base/parse-json.ts';
import { readRegularJson } from '../../base/read-json.ts';
import { operationsIn, type Scenario } from '../../fuzz/generate/scenario.ts';
import { judgeScenario, signatureOf } from '../../fuzz/judge/judge-scenario.ts';
import { type CampaignContext, campaignContext } from '../../fuzz/plan/campaign-context.ts';
import { scenarioOf } from '../../fuzz/plan/round-plan.ts';
import type { PackageHead } from '../../reports/certificate/package-head.ts';
import { schemaViolation } from '../../reports/files/schema.ts';
import { CampaignCourse } from '../../reports/journal/campaign-course.ts';
import {
  CAMPAIGN_FILE,
  type CampaignHeader,
  type CampaignLine,
  readCampaignLines,
} from '../../reports/journal/campaign-lines.ts';
import { isSameTarget } from '../../suites/run/identity.ts';
import { findingFiles } from '../derive/read-data.ts';
import { programsDigest, type SampledRound } from '../derive/sampled-round.ts';
import { type CertificationPlan, sampledRounds } from '../plan/plan.ts';
import type { RefusalList } from './refusals.ts';

/** The campaign of a package, before anything of it is believed. */
export interface CampaignPlace {
  /** Holds `fuzz.ndjson` and what belongs to it. */
  readonly folder: string;
  readonly head: PackageHead;
  readonly plan: CertificationPlan;
  /** Of the target as the runs have it. */
  readonly facts: TargetFacts;
}

/** What a campaign's journal says. */
interface Told {
  readonly header: CampaignHeader;
  /** Signatures of what each round proved, by its number. */
  readonly rounds: ReadonlyMap<number, RoundLine>;
  readonly findings: readonly { readonly signature: string; readonly file: string }[];
  readonly operations: number;
}

type RoundLine = Extract<CampaignLine, { readonly type: 'round' }>;

/**
 * Holds a campaign against the plan: every round is generated again from its seed, and the sampled
 * ones are judged again from their answers.
 *
 * @returns how many rounds were generated, and how many judged
 */
export async function checkCampaign(
  place: CampaignPlace,
  refusals: RefusalList,
): Promise<{ readonly generated: number; readonly judged: number }> {
  const nothing = { generated: 0, judged: 0 };
  const told = await refusals.attempt('campaign', () => toldBy(place));
  if (told === undefined) return nothing;
  checkHeader(place, told.header, refusals);
  await refusals.attempt('findings', () => checkFindings(place, told));
  await refusals.attempt('campaign', () => checkSummary(place, told));
  const { facts, head, plan } = place;
  const memoryLimit = BigInt(plan.fuzz.memoryLimit);
  const context = await refusals.attempt('campaign', () =>
    campaignContext(facts, { modes: [], memoryLimit, profile: head.profile }),
  );
  if (context === undefined) return nothing;
  const names = context.modes.map(({ name }) => name);
  if (names.join() !== told.header.modes.join()) {
    refusals.add('campaign', `the campaign had other modes than ${names.join(', ')}`);
    return nothing;
  }
  const generated = await refusals.attempt('round', () => checkRounds(place, context, told));
  const judged = await refusals.attempt('round', () => checkSample(place, context, told, refusals));
  return { generated: generated ?? 0, judged: judged ?? 0 };
}

function toldBy({ folder }: CampaignPlace): Told {
  const file = join(folder, CAMPAIGN_FILE);
  const headers: CampaignHeader[] = [];
  const rounds = new Map<number, RoundLine>();
  const findings: { readonly signature: string; readonly file: string }[] = [];
  const course = new CampaignCourse(file);
  let operations = 0;
  readCampaignLines(file, (line, { place }) => {
    course.add(line);
    if (line.type === 'campaign') headers.push(line);
    else if (headers.length === 0) throw usageError(`${place} stands before the campaign's head`);
    else if (line.type === 'finding') findings.push(line);
    else if (line.type === 'round') {
      if (rounds.has(line.index)) throw usageError(`${place} counts round ${line.index} again`);
      rounds.set(line.index, line);
      operations += line.operations;
    }
  });
  course.end();
  const [header] = headers;
  if (header === undefined || headers.length > 1) {
    throw usageError(`${file} has ${headers.length} heads, and a campaign has one`);
  }
  return { header, rounds, findings, operations };
}

/** Holds the head of a campaign against the plan. */
function checkHeader(
  { facts, head, plan }: CampaignPlace,
  header: CampaignHeader,
  refusals: RefusalList,
): void {
  const { fuzz } = plan;
  const { corpus, entries, epochRounds, memoryLimit, profile, seed, version } = header;
  const from = { entries: entries?.length, corpus };
  const says = { version, seed, profile, memoryLimit, epochRounds, ...from };
  const follows = {
    version: head.allocert,
    seed: String(BigInt(fuzz.seed)),
    profile: head.profile,
    memoryLimit: fuzz.memoryLimit,
    epochRounds: fuzz.rounds,
    entries: 0,
    corpus: undefined,
  };
  for (const name of Object.keys(follows) as (keyof typeof follows)[]) {
    if (says[name] === follows[name]) continue;
    const sentence = `the campaign has the ${name} ${says[name]}, and the plan makes it ${follows[name]}`;
    refusals.add('campaign', sentence);
  }
  if (header.target !== head.target) {
    refusals.add(
      'target',
      `the campaign is of ${header.target}, and the package of ${head.target}`,
    );
  }
  const violation = schemaViolation('facts', header.facts);
  if (violation !== undefined) {
    refusals.add('campaign', `the facts of the campaign's target are none: ${violation}`);
  } else if (!isSameTarget(factsFromJson(header.facts as object), facts)) {
    refusals.add('target', 'the campaign met another target than the runs');
  }
}

/** Every round of the plan, and each as its number and the seed make it. */
function checkRounds(place: CampaignPlace, context: CampaignContext, told: Told): number {
  const { rounds } = place.plan.fuzz;
  for (let index = 0; index < rounds; index += 1) {
    const line = told.rounds.get(index);
    if (line === undefined) throw machineError(`the campaign lacks round ${index} of ${rounds}`);
    const scenario = roundOf(place, context, index);
    if (line.mode === scenario.mode && line.operations === operationsIn(scenario)) continue;
    throw machineError(
      `round ${index} says ${line.operations} operations of ${line.mode}, and its seed makes ` +
        `${operationsIn(scenario)} of ${scenario.mode}`,
    );
  }
  if (told.rounds.size === rounds) return rounds;
  throw machineError(`the campaign has ${told.rounds.size} rounds, and its plan ${rounds}`);
}

const roundOf = (
  { head, plan }: CampaignPlace,
  { generator, modes }: CampaignContext,
  index: number,
): Scenario =>
  scenarioOf(generator, modes, { version: head.allocert, seed: BigInt(plan.fuzz.seed), index });

/** The part of the sample that may be left out, since its answers are too long. */
const LEFT_OUT_MAX = 0.25;

/** The sampled rounds, each judged again. @returns how many were judged */
async function checkSample(
  place: CampaignPlace,
  context: CampaignContext,
  told: Told,
  refusals: RefusalList,
): Promise<number> {
  const file = join(place.folder, 'rounds.ndjson');
  const due = [...sampledRounds(place.plan)];
  let [at, leftOut] = [0, 0];
  const isTorn = forEachLine(file, (bytes) => {
    const line = sampleLine(bytes.toString('utf8'), `${file} line ${at + 1}`);
    if (line.round !== due[at]) {
      throw machineError(`${file} has round ${line.round} where the plan samples ${due[at]}`);
    }
    at += 1;
    if (line.histories === null) leftOut += 1;
    const scenario = roundOf(place, context, line.round);
    if (line.mode !== scenario.mode || line.programs !== programsDigest(scenario.programs)) {
      throw machineError(`round ${line.round} has other Programs than its seed makes`);
    }
    for (const sentence of roundFaults(context, scenario, line, told)) {
      refusals.add('round-verdict', sentence);
    }
  });
  if (isTorn || at !== due.length) {
    throw machineError(`${file} has ${at} rounds, and the plan samples ${due.length}`);
  }
  if (leftOut > due.length * LEFT_OUT_MAX) {
    throw machineError(`${file} leaves the answers of ${leftOut} of ${due.length} rounds out`);
  }
  return at - leftOut;
}

function sampleLine(text: string, place: string): SampledRound {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (thrown) {
    throw usageError(`${place} ${messageOf(thrown)}`);
  }
  const { histories, mode, programs, round } = (value ?? {}) as Partial<SampledRound>;
  const isSound =
    typeof round === 'number' &&
    typeof mode === 'string' &&
    typeof programs === 'string' &&
    (histories === null || Array.isArray(histories));
  if (isSound) return value as SampledRound;
  throw usageError(`${place} is no sampled round`);
}

/** What the answers of a round prove and its line in the journal does not say. */
function roundFaults(
  { generator, rules }: CampaignContext,
  scenario: Scenario,
  { histories, round }: SampledRound,
  told: Told,
): readonly string[] {
  if (histories === null) return [];
  const says = new Set(told.rounds.get(round)?.signatures ?? []);
  if (histories.length !== scenario.programs.length) {
    // A target that died of it has answered less, and that is a finding.
    return says.size > 0 ? [] : [`round ${round} has ${histories.length} answers, and no finding`];
  }
  const read = histories.map((one) => historyFromJson(one as object));
  for (const [index, history] of read.entries()) {
    const program = scenario.programs[index];
    const fault = program === undefined ? undefined : historyViolation(history, program);
    if (fault !== undefined) return [`round ${round}, answer ${index + 1}: ${fault}`];
  }
  return judgeScenario(generator, rules, scenario, read)
    .filter((one) => !(rules.alone === true && one.oracle === 'justified-failure'))
    .map(signatureOf)
    .filter((signature) => !says.has(signature))
    .map((signature) => `the answers of round ${round} prove "${signature}", which no line says`);
}

/** The files of findings are those that the journal names. */
function checkFindings({ folder }: CampaignPlace, { findings }: Told): void {
  const named = findings.map(({ file }) => file).toSorted();
  const found = findingFiles(folder);
  if (named.join() === found.join()) return;
  throw machineError(
    `the campaign names the findings ${named.join(', ') || 'none'}, and the package has ` +
      `${found.join(', ') || 'none'}`,
  );
}

/** The summary says what follows from the journal. */
function checkSummary(
  { folder, head }: CampaignPlace,
  { findings, header, operations, rounds }: Told,
): void {
  const file = join(folder, 'fuzz.json');
  const value = readRegularJson(file, 'ask for the package as certify wrote it');
  const violation = schemaViolation('fuzz', value);
  if (violation !== undefined) throw usageError(`${file} is no summary: ${violation}`);
  const says = value as Readonly<Record<string, unknown>>;
  const follows: Readonly<Record<string, unknown>> = {
    allocert: head.allocert,
    target: header.target,
    seed: toJson(BigInt(header.seed)),
    rounds: rounds.size,
    operations,
    modes: header.modes,
    findings: findings.map(({ file: name, signature }) => ({ signature, file: name })),
  };
  for (const [name, due] of Object.entries(follows)) {
    if (JSON.stringify(says[name]) === JSON.stringify(due)) continue;
    throw machineError(`${file} says ${name} otherwise than the journal of the campaign`);
  }
}
