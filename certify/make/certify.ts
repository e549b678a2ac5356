import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter } from '../../adapters/contract/index.ts';
import { jsonText } from '../../base/clean-text.ts';
import { usageError } from '../../base/errors.ts';
import { packageVersion } from '../../base/package-root.ts';
import { redact } from '../../base/redact.ts';
import { sha256Of } from '../../reports/certificate/package-files.ts';
import { dayOf } from '../../reports/gate/read-waivers.ts';
import type { StopRequest } from '../../suites/run/journaled-run.ts';
import { catalogueDigest } from '../derive/pinned-catalogue.ts';
import { matrixFault } from '../derive/qualification.ts';
import { certificationPlan } from '../plan/plan.ts';
import { type PlanTerms, PUBLISHED_TERMS } from '../plan/terms.ts';
import { inconsistencies } from '../statement/consistency.ts';
import type { GivenStatement } from '../statement/read-statement.ts';
import { type RecordingListener, recordForCertificate } from './record.ts';
import { writeRecordingFacts } from './recording-file.ts';
import type { ToolState } from './tool-state.ts';

/** A certification as asked for, its files read. */
export interface CertifyRequest {
  /** As typed. */
  readonly target: string;
  readonly openTarget: () => Promise<Adapter>;
  readonly given: GivenStatement;
  /** Where the recording goes: empty, or not there yet. */
  readonly recording: string;
  /** What the certifier gave; undefined for seeds by chance. */
  readonly challenge: string | undefined;
  /** Rounds of the campaign; undefined for the least. */
  readonly rounds: number | undefined;
  /** The content of a waiver file; undefined where none was given. */
  readonly waivers: unknown;
  /** A kill matrix of this suite version; undefined where none was given. */
  readonly qualification: unknown;
  readonly tool: ToolState;
  readonly environment: Readonly<Record<string, string>>;
  /** Only tests of certify have others than the published ones. */
  readonly terms?: PlanTerms;
}

/** Characters of a challenge: it is typed and read aloud. */
const CHALLENGE = /^[\x21-\x7e]{1,200}$/;

/**
 * Refuses what can be refused before anything runs: a statement that contradicts itself, a campaign
 * that is too short, a challenge or a matrix that is none.
 *
 * @throws {@link AllocertError} (usage)
 */
export function checkCertifyRequest(request: CertifyRequest): void {
  const { terms = PUBLISHED_TERMS } = request;
  checkedChallenge(request.challenge);
  checkedRounds(request.rounds, terms);
  qualificationText(request.qualification);
  const found = inconsistencies(request.given.statement, dayOf(new Date()));
  const first = found.find(({ erratum }) => erratum === undefined);
  if (first === undefined) return;
  throw usageError(
    `the statement contradicts itself: ${first.sentence}; allocert statement check says more`,
  );
}

/**
 * Carries a certification out, and leaves its recording.
 *
 * @throws {@link AllocertError} for a request that cannot be carried out
 */
export async function certify(
  request: CertifyRequest,
  stop: StopRequest,
  listener: RecordingListener = {},
): Promise<void> {
  const { environment, given, openTarget, recording, target, tool } = request;
  const { terms = PUBLISHED_TERMS } = request;
  const challenge = checkedChallenge(request.challenge);
  const rounds = checkedRounds(request.rounds, terms);
  prepare(recording);
  const statement = `${jsonText(given.value, 2)}\n`;
  const plan = certificationPlan(
    {
      challenge,
      nonce: challenge === null ? randomBytes(16).toString('hex') : null,
      statement: sha256Of(statement),
      catalogue: catalogueDigest(),
      rounds,
    },
    terms,
  );
  const { product, profile } = given.statement;
  writeFileSync(join(recording, 'statement.json'), statement);
  writeFileSync(join(recording, 'qualification.json'), qualificationText(request.qualification));
  if (request.waivers !== undefined) {
    writeFileSync(join(recording, 'waivers.json'), `${jsonText(request.waivers, 2)}\n`);
  }
  const part = { openTarget, profile, plan, terms, directory: recording, environment };
  await recordForCertificate(part, stop, listener);
  const { name, vendor, version } = product;
  writeRecordingFacts(recording, {
    version: 1,
    allocert: packageVersion(),
    product: { vendor, name, version },
    ...{ target: redact(target), profile, challenge, plan, tool },
  });
}

function checkedChallenge(given: string | undefined): string | null {
  if (given === undefined) return null;
  if (CHALLENGE.test(given)) return given;
  throw usageError('--challenge takes 1 to 200 printable ASCII characters without a space');
}

function checkedRounds(given: number | undefined, { fuzzRoundsMin }: PlanTerms): number {
  if (given === undefined || given >= fuzzRoundsMin) return given ?? fuzzRoundsMin;
  throw usageError(
    `--fuzz-rounds ${given} is too few: a certificate needs at least ${fuzzRoundsMin} rounds`,
  );
}

/** @throws {@link AllocertError} (usage) for a folder that holds something */
function prepare(folder: string): void {
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length === 0) return;
  throw usageError(`${folder} is not empty; name an empty or a new folder with --recording`);
}

/** The proof of the suites' strength, or why there is none. */
function qualificationText(matrix: unknown): string {
  if (matrix === undefined) {
    const reason = 'none was given with --qualification; allocert qualify makes one';
    return `${jsonText({ matrix: null, reason }, 1)}\n`;
  }
  const fault = matrixFault(matrix);
  if (fault === undefined) return `${jsonText({ matrix }, 1)}\n`;
  throw usageError(
    `the file of --qualification is no kill matrix of sound suites: ${fault}; ` +
      'give the kill-matrix.json that allocert qualify wrote',
  );
}
