import { faultErrnos, isErrnoName, kilobytesIn, succeeded } from '../../adapters/contract/index.ts';
import { fieldOf, readField } from '../../catalogue/abi-request.ts';
import { type Event, kernelAlarms, type Violation } from '../../oracles/index.ts';
import { mixturesOf } from '../../oracles/timeline/torn-reads.ts';
import { predictor, unlessInjected } from '../judge/predict.ts';
import { memberOf } from './abi-text.ts';
import { formatText, stringLiteral, unsigned } from './c-text.ts';
import { checkNumbers, checkStrays, checkTwice } from './check-descriptors.ts';
import { checkExclusion } from './check-exclusion.ts';
import type { JudgedFinding } from './judged-finding.ts';
import {
  type CheckContext,
  checkAfter,
  checkWithoutStatements,
  type ProgramCheck,
  stepOf,
} from './program-check.ts';
import { BLOCKS } from './watch-text.ts';

/**
 * How a C program sees what a finding says; a sentence on why it cannot otherwise.
 *
 * Each check is as strict as the oracle that it stands for, on the schedule of the finding: it asks
 * only what that oracle asked, of the operations that proved it.
 */
export function chooseCheck(evidence: JudgedFinding, context: CheckContext): ProgramCheck | string {
  const { finding, violation } = evidence;
  if (finding.oracle === 'target') return checkMachine(finding.kind);
  if (violation === undefined) {
    return 'today’s oracles do not say of the recorded results what the finding says';
  }
  const check = CHECKS[finding.oracle]?.(violation, context, evidence);
  return check ?? 'what proves it is not seen from inside of a program';
}

type Maker = (
  violation: Violation,
  context: CheckContext,
  evidence: JudgedFinding,
) => ProgramCheck | string | undefined;

const CHECKS: Readonly<Record<string, Maker>> = {
  errors: checkErrors,
  content: checkContent,
  descriptors: (violation, context) =>
    violation.requirement === 'ERR-04'
      ? checkStrays(violation, context)
      : checkTwice(violation, context),
  numbers: checkNumbers,
  exclusion: checkExclusion,
  snapshot: checkSnapshot,
  'justified-failure': checkRoom,
  accounting: checkAccounting,
  areas: checkAreas,
  survival: checkSurvival,
};

function checkErrors(
  { events }: Violation,
  context: CheckContext,
  evidence: JudgedFinding,
): ProgramCheck | undefined {
  const [event] = events;
  const step = stepOf(context, event);
  if (event === undefined || step === undefined) return undefined;
  const { abi, rules, generator } = evidence;
  const injected = (): readonly string[] =>
    step.failing === undefined ? [] : faultErrnos(rules.copiesFail === true, event.operation.op);
  const predict = predictor(abi, rules.profile, generator.region.sizeBytes);
  const words = unlessInjected(predict, injected)(event)?.words ?? [];
  const errors = words.filter(isErrnoName);
  const wrong = words.includes('error')
    ? []
    : [['result == -1', ...errors.map((name) => `errno != ${name}`)].join(' && ')];
  const granted = words.includes('ok') ? [] : ['result != -1'];
  const condition = [...granted, ...wrong.map((one) => (granted.length > 0 ? `(${one})` : one))];
  const allowed = words.map((word) => (word === 'ok' ? 'success' : word)).join(', ');
  const means = `The request marked below may end with one of these: ${allowed}.`;
  return checkAfter(means, step, `violated(${condition.join(' || ') || '0'});`);
}

function checkContent(violation: Violation, context: CheckContext): ProgramCheck | undefined {
  const event = violation.events.at(-1);
  const step = stepOf(context, event);
  if (event?.operation.op !== 'scan' || step === undefined) return undefined;
  const { slots } = context.words;
  const { operation } = event;
  const length = slots.word(operation.length);
  if (violation.requirement === 'LIF-04') {
    const means = 'Reading a mapping that stands must not fault.';
    return checkAfter(means, step, 'violated(result == -1);');
  }
  const bytes = operation.bytes;
  const differs = `violated(result >= 0 && result < ${length});`;
  if (violation.requirement !== 'ISO-01') {
    const means = `All of the mapping must still repeat ${stringLiteral(bytes)}.`;
    return checkAfter(means, step, differs);
  }
  const address = slots.address(operation.address);
  // What an attempt leaves, the next one must not find.
  const leave = `store(${address}, ${length}, "residue ", 8);`;
  return { ...checkAfter('A new buffer must be all zeros.', step, differs, leave), times: 64 };
}

/** Sizes that a condition may name: lengths that differ in two bytes have four at most. */
const SIZES_MAX = 4;

function checkSnapshot(
  { events }: Violation,
  context: CheckContext,
  { abi, generator }: JudgedFinding,
) {
  const [allocation, seen] = events;
  const step = stepOf(context, seen);
  const request = allocation?.operation;
  if (step === undefined || request?.op !== 'ioctl' || request.slot === undefined) return undefined;
  const { placement } = request.argument;
  if (placement?.kind !== 'flipped') return undefined;
  const field = fieldOf(abi, 'length');
  const asked = [readField(request.argument.bytes, field), placement.value];
  const { page } = generator;
  const { offset, width } = field;
  const rounded = mixturesOf(asked, width).map((length) => ((length + page - 1n) / page) * page);
  const whole = [...new Set(rounded)];
  if (whole.length > SIZES_MAX) return 'one read may see any of too many lengths';
  const none = (value: string, among: readonly bigint[]): string =>
    among.map((one) => `${value} != ${unsigned(one)}`).join(' && ');
  const told = context.words.slots.word({ slot: request.slot, offset, width });
  const member = memberOf(abi, 'length');
  // What came back may be part the answer and part what the other thread wrote last.
  const reported = (field.output === true ? whole : []).map(
    (size) => `(result == ${unsigned(size)} && ${none(told, mixturesOf([size, ...asked], width))})`,
  );
  const condition = [`(${none('result', whole)})`, ...reported].join(' || ');
  const means = `The buffer must have a size that one read of ${member} can give, and say so.`;
  return { ...checkAfter(means, step, `violated(result >= 0 && (${condition}));`), times: 1000 };
}

function checkRoom({ events, detail }: Violation, context: CheckContext): ProgramCheck | undefined {
  const step = stepOf(context, events[0]);
  if (step === undefined) return undefined;
  const means = `The request marked below must find room in a region of the same size: ${detail}.`;
  return checkAfter(means, step, 'violated(result == -1 && errno == ENOMEM);');
}

/** Kilobytes that each block of attempts is to lose, and attempts that it has at least. */
const SURE_KB = 16n * 1024n;
const ATTEMPTS_MIN = 200n;

function checkAccounting(
  { events }: Violation,
  _scene: CheckContext,
  { generator }: JudgedFinding,
) {
  const gauge = generator.region.gauge;
  const [before, after] = events.map((event) => kilobytes(event, gauge ?? ''));
  if (gauge === undefined || before === undefined || after === undefined) return undefined;
  const lost = before - after;
  const each = lost < 0n ? -lost : lost;
  if (each === 0n) return undefined;
  const wanted = (SURE_KB + each - 1n) / each;
  const block = wanted < ATTEMPTS_MIN ? ATTEMPTS_MIN : wanted;
  const means =
    `${gauge} of /proc/meminfo must be the same before and after; each attempt ` +
    `${lost > 0n ? 'lost' : 'gained'} ${each} kB, and half of that, times the attempts, shows it ` +
    `when it is gone in each of ${BLOCKS} blocks of attempts.`;
  return {
    ...checkWithoutStatements(means),
    watch: { kind: 'memory', gauge, kilobytes: lost } as const,
    times: BLOCKS * Number(block),
  };
}

/** Attempts that leave more behind than a page that comes back late. */
const AREA_ATTEMPTS = 16;

function checkAreas(): ProgramCheck {
  const means = "As many pages of CMA's areas must be taken after all attempts as before them.";
  return { ...checkWithoutStatements(means), watch: { kind: 'areas' }, times: AREA_ATTEMPTS };
}

function kilobytes({ result }: Event, gauge: string): bigint | undefined {
  if (!succeeded(result)) return undefined;
  return kilobytesIn(result.out, gauge);
}

/** What a target died of, or did not come back from; most such kernels complained before. */
function checkMachine(kind: string): ProgramCheck {
  const blame = kind.slice(kind.indexOf(': ') + 2);
  const complaint = kernelAlarms([blame]).length > 0 ? fragmentOf(blame) : undefined;
  if (complaint !== undefined) return checkLog(complaint);
  const means = 'If the machine is still there afterwards, it has survived.';
  return { ...checkWithoutStatements(means), watch: { kind: 'machine' } };
}

const fragmentOf = (complaint: string): string | undefined => FRAGMENT.exec(complaint)?.[0].trim();

const checkLog = (complaint: string): ProgramCheck => ({
  ...checkWithoutStatements(`The kernel's log must not get new lines with "${complaint}".`),
  watch: { kind: 'log', complaint: formatText(complaint) },
});

const DIED = /^a client died of (SIG[A-Z0-9]+)/;
/** The part of a complaint that can be searched for: it lost its numbers and addresses. */
const FRAGMENT = /[^…]{6,60}/;

function checkSurvival({ kind }: Violation): ProgramCheck | string {
  if (kind.startsWith('kernel: ')) {
    const complaint = fragmentOf(kind.slice('kernel: '.length));
    return complaint === undefined
      ? 'the kernel’s complaint has no words to search for'
      : checkLog(complaint);
  }
  const signal = DIED.exec(kind)?.[1] ?? 'SIGALRM';
  const means =
    signal === 'SIGALRM' ? 'Every call must come back.' : `No process may die of ${signal}.`;
  return { ...checkWithoutStatements(means), watch: { kind: 'death', signal } };
}
