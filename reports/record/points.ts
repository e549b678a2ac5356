import { findingStatus } from './conclusions.ts';
import type {
  FuzzFinding,
  RecordedCampaign,
  RecordedCase,
  RecordedRequirement,
  RunRecord,
  Verdict,
} from './record.ts';
import { STATUSES, type Status } from './status.ts';
import { termOf } from './waiver-term.ts';

/** One case or finding and one of its requirements, as the deciding profile sees them. */
export interface Point {
  readonly case: RecordedCase;
  readonly requirement: RecordedRequirement;
  readonly status: Status;
  readonly expected: readonly string[];
  readonly observed: readonly string[];
  /** A sentence; for `skip` and `inconclusive` it says why nothing was observed. */
  readonly reason: string;
  /** How often the case ran. */
  readonly runs: number;
  /** Milliseconds of the whole case, counted at its first point only. */
  readonly durationMs: number;
}

/**
 * The points that TAP and JUnit list one by one: every case with every requirement that means
 * something in the deciding profile, then what fuzz campaigns found. Cases that never ran are there
 * too, so that a killed run does not look shorter.
 */
export const pointsOf = (record: RunRecord): readonly Point[] => [...eachPoint(record)];

/**
 * The same, one by one, for reports of any length.
 *
 * @param wanted which requirements count; all when left out
 */
export function* eachPoint(
  record: RunRecord,
  wanted: (requirement: RecordedRequirement) => boolean = () => true,
): Generator<Point> {
  const requirements = judgedIn(record);
  for (const one of record.cases) {
    for (const id of requirementsOf(one)) {
      const requirement = requirements.get(id);
      if (requirement === undefined || !wanted(requirement)) continue;
      yield pointOf(record, one, requirement, requirements);
    }
  }
  yield* findingPoints(record, requirements, wanted);
}

/** The points of each requirement, in the order of {@link pointsOf}; made when asked for. */
export function pointsByRequirement(record: RunRecord): (id: string) => readonly Point[] {
  const requirements = judgedIn(record);
  const lookers = new Map([...requirements.keys()].map((id): [string, RecordedCase[]] => [id, []]));
  for (const one of record.cases) {
    for (const id of requirementsOf(one)) lookers.get(id)?.push(one);
  }
  return (id) => {
    const requirement = requirements.get(id);
    if (requirement === undefined) return [];
    const cases = lookers.get(id) ?? [];
    const ofCases = cases.map((one) => pointOf(record, one, requirement, requirements));
    return [...ofCases, ...findingPoints(record, requirements, (one) => one.id === id)];
  };
}

type Requirements = ReadonlyMap<string, RecordedRequirement>;

/** Requirements that mean something in the deciding profile. */
const judgedIn = ({ requirements, profile }: RunRecord): Requirements =>
  new Map(
    requirements.flatMap((one) => (one.statuses[profile] === undefined ? [] : [[one.id, one]])),
  );

function* findingPoints(
  record: RunRecord,
  requirements: Requirements,
  wanted: (requirement: RecordedRequirement) => boolean,
): Generator<Point> {
  for (const campaign of record.fuzz) {
    for (const finding of campaign.findings) {
      const requirement = requirements.get(finding.requirement);
      if (requirement === undefined || !wanted(requirement)) continue;
      yield findingPoint(record, campaign, finding, requirement);
    }
  }
}

/**
 * The rules that a case speaks of: those that it set out to observe, and what an alarm broke.
 */
export const requirementsOf = ({
  requirements,
  verdicts,
}: Pick<RecordedCase, 'requirements' | 'verdicts'>): ReadonlySet<string> =>
  new Set([...requirements, ...verdicts.map(({ requirement }) => requirement)]);

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
  { target, seed }: RecordedCampaign,
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
    runs: 1,
    durationMs: 0,
  };
}

function pointOf(
  record: RunRecord,
  case_: RecordedCase,
  requirement: RecordedRequirement,
  requirements: Requirements,
): Point {
  const first = case_.requirements.find((id) => requirements.has(id));
  const durationMs = first === requirement.id ? case_.durationMs : 0;
  const runs = case_.attempts?.length ?? 1;
  const verdict = case_.verdicts.find(
    (one) => one.profile === record.profile && one.requirement === requirement.id,
  );
  if (verdict !== undefined) {
    const { status, expected, observed } = verdict;
    const why = status === 'inconclusive' ? unlooked(case_, verdict.reason) : verdict.reason;
    const reason = `${why}${waiverOf(record, case_, verdict)}`;
    return { case: case_, requirement, status, expected, observed, reason, runs, durationMs };
  }
  const nothing = { case: case_, requirement, expected: [], observed: [], runs, durationMs };
  if (case_.id === record.interruptedCase) {
    return { ...nothing, status: 'inconclusive', reason: 'the run ended while this case ran' };
  }
  const reason = unlooked(case_, case_.reason) || 'the case ended without a verdict on it';
  return { ...nothing, reason, status: STATUS_WITHOUT_VERDICT[case_.end] };
}

/** The beginning of the reason of a row that a failed step blocked. */
export const NOT_LOOKED_AT = 'not looked at';

/** Why nothing was looked at, with the rule that is to blame for it. */
function unlooked({ blocked, reason: caseReason }: RecordedCase, reason: string): string {
  if (blocked === undefined || reason !== caseReason) return reason;
  const why = reason.replace(/^blocked: /, '');
  const by = blocked.by === undefined ? '' : ` by ${blocked.by.requirement} (${blocked.by.case})`;
  return `${NOT_LOOKED_AT}, blocked${by}: ${why}`;
}

/** By whom and until when a verdict is waived; empty for others. */
function waiverOf({ waivers }: RunRecord, { id }: RecordedCase, verdict: Verdict): string {
  if (verdict.waivedFrom === undefined) return '';
  const covered = `${id} ${verdict.requirement}`;
  const waiver = waivers.find(({ waived }) => waived.includes(covered));
  if (waiver === undefined) return '';
  const { reason, owner, issue } = waiver;
  const term = termOf(waiver);
  return `; this ${verdict.waivedFrom} is waived ${term} by ${owner}, ${issue}: ${reason}`;
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
