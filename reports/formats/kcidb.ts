/**
 * The record for KCIDB, the database of kernel test results (I/O schema 5.3, kernelci/kcidb-io,
 * kcidb_io/schema/v05_03.py). Its statuses are about the tested code and not about a gate: what a
 * waiver or a baseline lets pass still failed; what the gate makes of it is in `misc`.
 */
import { createHash } from 'node:crypto';
import { jsonText, visible } from '../../base/clean-text.ts';
import { type Point, pointsOf, sourceOf } from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';
import { reasonWith, type Standing, standingsIn } from '../record/standing.ts';
import type { Status } from '../record/status.ts';
import type { KcidbIds } from './kcidb-ids.ts';
import { finalVerdict } from './verdict.ts';

/** Statuses of KCIDB, the one that decides a summary first. */
export const KCIDB_STATUSES = ['FAIL', 'ERROR', 'MISS', 'PASS', 'DONE', 'SKIP'] as const;

/** A status of a test in KCIDB. */
export type KcidbStatus = (typeof KCIDB_STATUSES)[number];

/**
 * - FAIL, the code is faulty: also for a crash and a hang, in which the target itself died or
 *   stopped answering, for a failure that did not come back, and for what a waiver covers;
 * - ERROR, the test could not be completed, and nothing is known of the code: inconclusive;
 * - PASS also for a warning, since no MUST is broken; DONE for what nothing that binds judges.
 */
const STATUS: Readonly<Record<Status | 'flaky', KcidbStatus>> = {
  fail: 'FAIL',
  flaky: 'FAIL',
  crash: 'FAIL',
  hang: 'FAIL',
  waived: 'FAIL',
  inconclusive: 'ERROR',
  pass: 'PASS',
  warn: 'PASS',
  info: 'DONE',
  skip: 'SKIP',
};

/** The longest excerpt that the schema takes. */
const EXCERPT_MAX = 16_384;

/**
 * One test for each case and requirement in the deciding profile, after one that sums them up, with
 * the path `allocert`. The same record always gives the same ids.
 */
export function formatKcidb(record: RunRecord, ids: KcidbIds): string {
  const standingOf = standingsIn(record);
  const tests = pointsOf(record).map((point) => testOf(record, ids, point, standingOf(point)));
  const data = {
    version: { major: 5, minor: 3 },
    ...sourcesOf(record, ids),
    tests: [summaryOf(record, ids, tests), ...tests],
  };
  return `${jsonText(plainly(data), 2)}\n`;
}

/** Ids of the checkout and of the build; those that are not given follow from the target. */
function idsOf({ facts }: RunRecord, { origin, checkout, build }: KcidbIds) {
  const { implementation, kernel, architecture } = facts;
  const target = digestOf(implementation, kernel?.release, kernel?.version, architecture);
  return {
    checkout: checkout ?? `${origin}:allocert-${target}`,
    build: build ?? `${origin}:allocert-${target}`,
  };
}

const digestOf = (...words: readonly (string | undefined)[]): string =>
  createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 16);

/** The tested code; a checkout or a build with a given id is known to KCIDB already. */
function sourcesOf(record: RunRecord, ids: KcidbIds) {
  const { facts } = record;
  const { checkout, build } = idsOf(record, ids);
  const { origin } = ids;
  const comment = plain(facts.implementation);
  const architecture = facts.architecture.toLowerCase();
  return {
    checkouts:
      ids.checkout === undefined && ids.build === undefined
        ? [{ id: checkout, origin, comment, valid: true }]
        : [],
    builds:
      ids.build === undefined
        ? [
            {
              id: build,
              checkout_id: checkout,
              origin,
              comment,
              ...(/^[a-z0-9_]+$/.test(architecture) ? { architecture } : {}),
              status: 'PASS',
            },
          ]
        : [],
  };
}

/** The members that all tests of a run share. */
function commonOf(record: RunRecord, ids: KcidbIds) {
  const { facts, target, startedAt } = record;
  const { implementation, architecture, kernel, details } = facts;
  return {
    build_id: idsOf(record, ids).build,
    origin: ids.origin,
    environment: {
      comment: plain(target),
      misc: { implementation, architecture, kernel, details },
    },
    start_time: startedAt,
  };
}

function testOf(record: RunRecord, ids: KcidbIds, point: Point, standing: Standing) {
  const { requirement, status, expected, observed } = point;
  const reason = reasonWith(standing, record, point);
  const { blocked } = point.case;
  const { level, authority, statement } = requirement;
  const ran = point.case.end !== 'not-run';
  return {
    id: testId(record, ids, `${point.case.id} ${requirement.id}`),
    ...commonOf(record, ids),
    path: `allocert.${pathPart(requirement.id)}.${pathPart(point.case.id)}`,
    comment: plain(statement),
    status: ran ? STATUS[status] : unrun(record, point),
    ...(ran ? { duration: point.case.durationMs / 1000 } : {}),
    ...(reason === '' ? {} : { log_excerpt: plain(reason).slice(0, EXCERPT_MAX) }),
    misc: {
      allocert: {
        version: record.allocert,
        profile: record.profile,
        case: point.case.id,
        requirement: requirement.id,
        level,
        authority,
        source: sourceOf(requirement),
        status,
        waived: status === 'waived',
        standing,
        ...(blocked?.by === undefined ? {} : { blockedBy: blocked.by }),
        expected,
        observed,
        evidence: point.case.evidence,
      },
    },
  };
}

/** The case that ran when the run was killed did not complete; those after it never began. */
const unrun = ({ interruptedCase }: RunRecord, point: Point): KcidbStatus =>
  point.case.id === interruptedCase ? 'ERROR' : 'MISS';

/** The run as one test, as the schema sums up: the status that comes first of all. */
function summaryOf(
  record: RunRecord,
  ids: KcidbIds,
  tests: readonly { readonly status: KcidbStatus }[],
) {
  const { complete, incompleteReason, exitCode, seed, profile, summaries } = record;
  const seen = new Set<KcidbStatus>(tests.map(({ status }) => status));
  if (!complete) seen.add('MISS');
  return {
    id: testId(record, ids, ''),
    ...commonOf(record, ids),
    path: 'allocert',
    comment: plain(`allocert ${record.allocert}, profile ${profile}`),
    status: KCIDB_STATUSES.find((status) => seen.has(status)) ?? 'SKIP',
    duration: record.durationMs / 1000,
    ...(complete ? {} : { log_excerpt: plain(incompleteReason).slice(0, EXCERPT_MAX) }),
    misc: {
      allocert: {
        version: record.allocert,
        profile,
        complete,
        exitCode,
        verdict: finalVerdict(record).text,
        seed,
        summary: summaries.find((one) => one.profile === profile),
      },
    },
  };
}

/** Unique among all runs of an origin: a run is known by its start, its target and its seed. */
function testId(
  { startedAt, target, seed }: RunRecord,
  { origin }: KcidbIds,
  name: string,
): string {
  const run = digestOf(startedAt, target, seed);
  return name === '' ? `${origin}:allocert-${run}` : `${origin}:allocert-${run}-${digestOf(name)}`;
}

/** A part of a path, which takes letters, digits, `_` and `-`. */
const pathPart = (text: string): string => text.replaceAll(/[^A-Za-z0-9_-]/g, '_');

/** Its database takes no NUL in any text, and its pages show the others as they are. */
const plain = (text: string): string => visible(text);

/** A value with all its texts {@link plain}, names of members among them. */
function plainly(value: unknown): unknown {
  if (typeof value === 'string') return plain(value);
  if (Array.isArray(value)) return value.map(plainly);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [plain(name), plainly(member)]),
  );
}
