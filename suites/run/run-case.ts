import {
  AllocertError,
  type Capability,
  ConnectionLost,
  type History,
  isErrnoWord,
  linux,
  NotRecorded,
  OPERATIONS,
  type RegionFacts,
  type Session,
  TargetDeath,
  type TargetFacts,
} from '../../adapters/contract/index.ts';
import type { Abi } from '../../catalogue/catalogue.ts';
import { complaintsIn, taintAlarms } from '../../oracles/alarms.ts';
import type { CaseFinish } from '../../reports/record/journal-lines.ts';
import type { Case } from '../kit/case.ts';
import { CaseContext, SUBJECT } from '../kit/context.ts';
import { ClientLost, Inconclusive, Skip, StepFailed } from '../kit/observation.ts';
import type { CaseOutcome } from './judge.ts';

/** Milliseconds for starting and ending the client in which a case acts. */
const SUBJECT_DEADLINE_MS = 20_000;

/**
 * Runs one case in a client of its own and says what it left behind. The client's end is part of
 * the case, since what a wrong implementation does with descriptors shows when they are closed.
 *
 * @param last whether no other attempt follows: a target that was ended from outside is then dead
 * @throws {@link AllocertError} when the target can no longer be reached
 * @throws {@link ConnectionLost} when the way to it broke; nothing that was observed counts then
 * @throws {@link TargetDeath} when it was ended from outside, and another attempt follows
 */
export async function runCase(
  session: Session,
  abi: Abi,
  case_: Case,
  last: boolean,
): Promise<CaseOutcome> {
  const region = session.facts.regions[0];
  if (region === undefined) throw new Error('the target has no region');
  const context = new CaseContext(session, region, abi, case_);
  const alarms: string[] = [];
  let before: History | undefined;
  const caseEnd = await endOf(last, alarms, async () => {
    await session.begin(case_.id);
    const unmet = unmetNeed(case_, session);
    if (unmet !== undefined) throw unmet;
    before = await inMain(session, [{ op: 'fork', client: SUBJECT }]);
    await case_.run(context);
  });
  alarms.unshift(...context.alarms);
  if (caseEnd.end === 'crash' || caseEnd.end === 'hang') {
    return { ...caseEnd, observations: context.observations, alarms };
  }
  const subjectEnd = await endOf(last, alarms, async () => {
    if (before === undefined) return;
    const after = await endSubject(session);
    alarms.push(...complaintsIn(after.log), ...taintAlarms(before.taint, after.taint));
  });
  const end = subjectEnd.end === 'completed' ? fairTo(region, context.page, caseEnd) : subjectEnd;
  return { ...end, observations: context.observations, alarms };
}

type CaseEnding = Pick<CaseOutcome, 'end' | 'reason' | 'lacks' | 'blocked'>;

/** Cases scale to what a region holds, but not below so many pages. */
const REGION_PAGES_MIN = 16n;

/** A case that finds no room in a region which is too small for it says nothing of the region. */
function fairTo({ sizeBytes }: RegionFacts, page: bigint, ending: CaseEnding): CaseEnding {
  const tooSmall = sizeBytes !== undefined && sizeBytes < REGION_PAGES_MIN * page;
  const forWantOfRoom = /^(blocked: |the region )/.test(ending.reason);
  if (!tooSmall || ending.end !== 'inconclusive' || !forWantOfRoom) return ending;
  const size = `the region has ${sizeBytes} bytes, and cases are made for ${REGION_PAGES_MIN} pages`;
  return { end: 'skip', reason: `${size}: ${ending.reason}` };
}

/** How a part of a case ended; what a dying target complained of goes to `alarms`. */
async function endOf(
  last: boolean,
  alarms: string[],
  work: () => Promise<void>,
): Promise<CaseEnding> {
  try {
    await work();
    return { end: 'completed', reason: '' };
  } catch (thrown) {
    if (thrown instanceof Skip) return skipped(thrown);
    if (thrown instanceof TargetDeath && thrown.forced && !last) throw thrown;
    if (thrown instanceof TargetDeath) alarms.push(...complaintsIn(thrown.log));
    if (thrown instanceof TargetDeath || thrown instanceof ClientLost) {
      return { end: thrown.manner, reason: thrown.message };
    }
    if (thrown instanceof StepFailed) {
      const { step, word, message } = thrown;
      return { end: 'inconclusive', reason: message, blocked: { step, word } };
    }
    if (thrown instanceof Inconclusive) return undecided(thrown.message);
    if (thrown instanceof NotRecorded) return { end: 'inconclusive', reason: thrown.message };
    if (thrown instanceof AllocertError || thrown instanceof ConnectionLost) throw thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { end: 'inconclusive', reason: `the case itself failed: ${message}` };
  }
}

/** Why a case did not look, in the words of the journal; nothing where it did. */
export const whyNot = ({ lacks, blocked }: CaseOutcome): Pick<CaseFinish, 'lacks' | 'blocked'> => ({
  ...(lacks === undefined ? {} : { lacks }),
  ...(blocked === undefined ? {} : { blocked }),
});

/** A step of another kind that failed is known by the sentence, which an errno ends. */
function undecided(reason: string): CaseEnding {
  const [, word = ''] = /^blocked: .* (E[A-Z0-9]+|errno \d+)$/.exec(reason) ?? [];
  if (!isErrnoWord(word)) return { end: 'inconclusive', reason };
  return { end: 'inconclusive', reason, blocked: { step: 'other', word } };
}

const skipped = ({ message, lacks }: Skip): CaseEnding => ({
  end: 'skip',
  reason: message,
  ...(lacks === undefined ? {} : { lacks }),
});

/**
 * Operations that help to look at a target, and are no part of what a program does with buffers: a
 * target without them says of itself that nothing can be seen there. What lacks any others is not
 * excused: see the claim of conformance in reports/record/claim.ts.
 */
const AIDS: readonly Capability[] = ['frames', 'procfs', 'limits', 'registry', 'faults'];

/** Why the case cannot be observed; undefined when it can. */
function unmetNeed(case_: Case, session: Session): Skip | undefined {
  const { capabilities } = session.facts;
  const absent = (case_.needs ?? []).filter((need) => !capabilities.includes(need));
  const missing = absent.find((need) => !AIDS.includes(need)) ?? absent[0];
  if (missing !== undefined) {
    const lacks = AIDS.includes(missing) ? undefined : missing;
    const help =
      missing === 'registry' ? '; they need /dev/allocert_control, see docs/test-control.md' : '';
    const sentence = `the target offers no ${missing} operations${operationsOf(missing)}${help}`;
    return new Skip(sentence, lacks);
  }
  const why = excludedBy(case_, session);
  return why === undefined ? undefined : new Skip(why);
}

/** The operations of a group by name; empty for a group that helps by other means. */
function operationsOf(group: Capability): string {
  const names = Object.entries(OPERATIONS)
    .filter(([, { capability }]) => capability === group)
    .map(([name]) => name);
  return names.length === 0 ? '' : ` (${names.join(', ')})`;
}

function excludedBy(case_: Case, session: Session): string | undefined {
  const { regions } = session.facts;
  if (case_.needsBounded === true && regions[0]?.bounded !== true) {
    return 'the region is unbounded: filling it would wake the OOM killer instead of failing with an errno';
  }
  return case_.needsCompat === true ? compatUnmet(session.facts) : undefined;
}

/** Machines by uname(2) whose kernels run 32-bit programs beside 64-bit ones. */
const MACHINES_64 = /64|^s390x$/;

function compatUnmet({ pointerBytes, architecture }: TargetFacts): string | undefined {
  if (pointerBytes !== 4) {
    return 'it is about 32-bit programs on a 64-bit kernel; see docs/agent.md for a 32-bit agent';
  }
  if (MACHINES_64.test(architecture)) return undefined;
  return `it is about 32-bit programs on a 64-bit kernel, and this one is ${architecture}`;
}

type MainOperations = Parameters<Session['run']>[0]['threads'][number]['operations'];

async function inMain(session: Session, operations: MainOperations): Promise<History> {
  const threads = [{ client: 'main', operations }];
  const history = await session.run({ threads, deadlineMs: SUBJECT_DEADLINE_MS });
  const stuck = operations.some(({ op }) => op === 'wait') && history.deadlineHit;
  if (stuck && history.progressing !== true) {
    throw new ClientLost('hang', 'the client of the case was killed, and did not end');
  }
  const failed = history.threads.flat().find((result) => result.outcome !== 'returned');
  if (failed !== undefined) {
    throw new Inconclusive(`the client of the case could not be managed: ${failed.outcome}`);
  }
  return history;
}

/** Ends the case's client; what the kernel had to say about it is in the History. */
async function endSubject(session: Session): Promise<History> {
  return inMain(session, [
    { op: 'kill', client: SUBJECT, signal: linux.SIGKILL },
    { op: 'wait', client: SUBJECT },
  ]);
}
