import { historyViolation } from '../../adapters/contract/history-violation.ts';
import { fromJson, type Program, parseProgram } from '../../adapters/contract/index.ts';
import { factsFromJson, historyFromJson } from '../../adapters/contract/program-json.ts';
import { usageError } from '../../base/errors.ts';
import { readJson, readRegularJson } from '../../base/read-json.ts';
import { catalogue } from '../../catalogue/catalogue.ts';
import { schemaViolation } from '../../reports/files/schema.ts';
import { type Finding, recordedRun } from '../record/finding.ts';

/** The members of a finding that have a text form of their own. */
type Coded = 'facts' | 'histories' | 'programs' | 'minimal';

type Written = Record<string, unknown> & {
  readonly facts: object;
  readonly programs: readonly unknown[];
  readonly minimal?: readonly unknown[];
  readonly histories: readonly object[];
};

/**
 * Reads a finding that a campaign has written. It may come from anybody, so everything in it that
 * is read later is checked here.
 *
 * @throws {@link AllocertError} (usage) for a file that is none
 */
export const readFinding = (file: string): Finding =>
  findingOf(readJson(file, 'name a finding-*.json of a campaign'), file);

/** A finding that a campaign names. @throws as {@link readFinding} does, and for what is no file */
export const readNamedFinding = (file: string): Finding =>
  findingOf(readRegularJson(file, 'the campaign names it, so restore it'), file);

function findingOf(json: unknown, file: string): Finding {
  const violation = schemaViolation('finding', json);
  if (violation !== undefined) {
    throw usageError(`${file} is not a finding of allocert fuzz, version 1: ${violation}`);
  }
  const { facts, histories, minimal, programs, ...rest } = json as Written;
  const finding: Finding = {
    ...(fromJson({ origin: rest.origin }) as Pick<Finding, 'origin'>),
    ...(withoutOrigin(rest) as unknown as Omit<Finding, Coded | 'origin' | 'version'>),
    version: 1,
    facts: factsFromJson(facts),
    programs: programsOf(programs, `${file}, programs`),
    ...(minimal === undefined ? {} : { minimal: programsOf(minimal, `${file}, minimal`) }),
    histories: histories.map(historyFromJson),
  };
  refuseUnknownRule(finding, file);
  refuseHistories(finding, file);
  return finding;
}

const withoutOrigin = ({ origin: _, ...rest }: Readonly<Record<string, unknown>>): object => rest;

const programsOf = (all: readonly unknown[], place: string): Program[] =>
  all.map((one, index) => parseProgram(one, `${place}[${index}]`));

/** The catalogue of this version knows every rule of its own findings. */
function refuseUnknownRule({ requirement }: Finding, file: string): void {
  if (catalogue().requirements.some(({ id }) => id === requirement)) return;
  throw usageError(
    `${file} is of the requirement ${requirement.slice(0, 40)}, which this allocert does not have; ` +
      'read it with the version that found it',
  );
}

/** A target that died has given fewer Histories than it was asked for. */
function refuseHistories(finding: Finding, file: string): void {
  const { histories, programs } = recordedRun(finding);
  for (const [index, history] of histories.entries()) {
    const program = programs[index];
    const violation =
      program === undefined
        ? `there are only ${programs.length} Programs`
        : historyViolation(history, program);
    if (violation === undefined) continue;
    throw usageError(
      `${file} is not a finding of allocert fuzz: histories[${index}]: ${violation}`,
    );
  }
}
