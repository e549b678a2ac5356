import type {
  FuzzFinding,
  FuzzSummary,
  RecordedCase,
  RecordedRequirement,
  RunRecord,
  Status,
} from './record.ts';
import { STATUSES } from './record.ts';
import { findingStatus } from './standing.ts';

/** One case or finding and one of its requirements, as the deciding profile sees them. */
export interface Point {
  readonly case: RecordedCase;
  readonly requirement: RecordedRequirement;
  readonly status: Status;
  readonly expected: readonly string[];
  readonly observed: readonly string[];
  /** A sentence; for `skip` and `inconclusive` it says why nothing was observed. */
  readonly reason: string;
  /** Milliseconds of the whole case, counted at its first point only. */
  readonly durationMs: number;
}

/**
 * What TAP and JUnit list one by one: every case with every requirement that means something in the
 * deciding profile, then what fuzz campaigns found. Cases that never ran are there too, so that a
 * killed run does not look shorter.
 */
export const pointsOf = (
  record: RunRecord,
  wanted?: (requirement: RecordedRequirement) => boolean,
): readonly Point[] => [...eachPoint(record, wanted)];

/**
 * The same, one by one, for reports of any length.
 *
 * @param wanted which requirements count; all when left out
 */
export function* eachPoint(
  record: RunRecord,
  wanted: (requirement: RecordedRequirement) => boolean = () => true,
): Generator<Point> {
  const requirements = new Map(
    record.requirements
      .filter((one) => one.statuses[record.profile] !== undefined)
      .map((one) => [one.id, one]),
  );
  for (const one of record.cases) {
    let first = true;
    for (const id of one.requirements) {
      const requirement = requirements.get(id);
      if (requirement === undefined) continue;
      if (wanted(requirement)) yield pointOf(record, one, requirement, first ? one.durationMs : 0);
      first = false;
    }
  }
  for (const campaign of record.fuzz) {
    for (const finding of campaign.findings) {
      const requirement = requirements.get(finding.requirement);
      if (requirement === undefined || !wanted(requirement)) continue;
      yield findingPoint(record, campaign, finding, requirement);
    }
  }
}

/** How many points there are, their time together, and how many of each status. */
export interface PointCounts {
  readonly points: number;
  readonly durationMs: number;
  readonly statuses: Readonly<Record<Status, number>>;
}

/** Counts points. */
export function countPoints(points: Iterable<Point>): PointCounts {
  const zero = STATUSES.map((status): [Status, number] => [status, 0]);
  const statuses = Object.fromEntries(zero) as Record<Status, number>;
  let [total, durationMs] = [0, 0];
  for (const point of points) {
    total += 1;
    durationMs += point.durationMs;
    statuses[point.status] += 1;
  }
  return { points: total, durationMs, statuses };
}

/** A finding as a case of its own, under the name of its file. */
function findingPoint(
  { profiles, profile }: RunRecord,
  { target, seed }: FuzzSummary,
  { file, kind, mode, detail, digest, reproduced }: FuzzFinding,
  requirement: RecordedRequirement,
): Point {
  const deciding = profiles.find(({ name }) => name === profile);
  const again =
    reproduced === undefined ? '' : `, again in ${reproduced.times} of ${reproduced.of}`;
  return {
    case: {
      id: `fuzz/${file.replace(/\.json$/, '')}`,
      title: `${mode} of ${target} with seed ${seed}`,
      requirements: [requirement.id],
      end: 'completed',
      ...{ reason: '', durationMs: 0, verdicts: [], evidence: digest },
    },
    requirement,
    status: deciding === undefined ? 'info' : findingStatus(requirement, deciding),
    expected: [],
    observed: [kind],
    reason: `${detail}${again}`,
    durationMs: 0,
  };
}

function pointOf(
  record: RunRecord,
  case_: RecordedCase,
  requirement: RecordedRequirement,
  durationMs: number,
): Point {
  const verdict = case_.verdicts.find(
    (one) => one.profile === record.profile && one.requirement === requirement.id,
  );
  if (verdict !== undefined) {
    const { status, expected, observed, reason } = verdict;
    return { case: case_, requirement, status, expected, observed, reason, durationMs };
  }
  const nothing = { case: case_, requirement, expected: [], observed: [], durationMs };
  if (case_.id === record.interruptedCase) {
    return { ...nothing, status: 'inconclusive', reason: 'the run ended while this case ran' };
  }
  const reason = case_.reason || 'the case ended without a verdict on it';
  return { ...nothing, reason, status: STATUS_WITHOUT_VERDICT[case_.end] };
}

const STATUS_WITHOUT_VERDICT: Readonly<Record<RecordedCase['end'], Status>> = {
  completed: 'inconclusive',
  skip: 'skip',
  inconclusive: 'inconclusive',
  crash: 'crash',
  hang: 'hang',
  'not-run': 'skip',
};

/** Where a requirement comes from, in one phrase. */
export const sourceOf = ({ source }: RecordedRequirement): string =>
  `${source.document}, ${source.place}`;

/** Points by a key, in the order in which the keys first appear. */
export function groupPoints(
  points: readonly Point[],
  keyOf: (point: Point) => string,
): ReadonlyMap<string, readonly Point[]> {
  const groups = new Map<string, Point[]>();
  for (const point of points) {
    const group = groups.get(keyOf(point));
    if (group === undefined) groups.set(keyOf(point), [point]);
    else group.push(point);
  }
  return groups;
}
