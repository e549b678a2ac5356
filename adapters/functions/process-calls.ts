import { linuxNumbers } from '../contract/linux-numbers.ts';
import { SIGNALS } from '../contract/signals.ts';
import type { CallReply } from '../interpreter/answer.ts';
import type { ProgramCall } from '../interpreter/call.ts';
import type { SystemCall } from '../interpreter/pause.ts';
import { barrier, sleep } from '../interpreter/timing.ts';
import type { FunctionProcess, ProcessTable } from './process.ts';

const NANOSECONDS = 1000n;
const { NSIG } = linuxNumbers;
const { SIGALRM, SIGCHLD, SIGCONT, SIGURG, SIGWINCH } = SIGNALS;
const { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU } = SIGNALS;
/** SIGALRM, which clients handle, and the signals that do nothing by default. */
const HARMLESS: readonly number[] = [SIGALRM, SIGCHLD, SIGCONT, SIGURG, SIGWINCH];
const STOPPING: readonly number[] = [SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU];

/** One operation under way, with the processes that it may change. */
interface CallOnProcesses extends ProgramCall<FunctionProcess<unknown>> {
  readonly process: FunctionProcess<unknown>;
  readonly machine: ProcessTable;
}

type ProcessCall = (call: CallOnProcesses) => CallReply | SystemCall<CallReply>;

const fork: ProcessCall = (call) => {
  const name = call.operation.client as string;
  const known = call.machine.process(name);
  if (known !== undefined && known.state !== 'dead') return 'EEXIST';
  return BigInt(call.machine.fork(call.process, name).pid);
};

function* wait(call: CallOnProcesses): SystemCall<CallReply> {
  const process = call.machine.process(call.operation.client as string);
  if (process === undefined) return 'ECHILD';
  if (process === call.process) return 'EDEADLK';
  const over = (): boolean => process.state === 'dead';
  while (!over() && !call.ending) yield* call.sleep(over);
  return BigInt(process.waitStatus);
}

const exit: ProcessCall = (call) => {
  call.machine.kill(call.process, { status: call.int('status') & 0xff }, 'own');
  return 0n;
};

const kill: ProcessCall = (call) => {
  const process = call.machine.process(call.operation.client as string);
  const signal = call.int('signal');
  if (process === undefined || process.state === 'dead') return 'ESRCH';
  if (signal < 0 || signal > NSIG) return 'EINVAL';
  if (STOPPING.includes(signal)) return { unsupported: true };
  if (signal !== 0 && !HARMLESS.includes(signal)) call.machine.kill(process, { signal }, 'own');
  return 0n;
};

const itimer: ProcessCall = (call) => {
  const interval = call.word('intervalUs') * NANOSECONDS;
  const next = call.context.clock.now + interval;
  call.process.timer = interval === 0n ? undefined : { interval, next };
  return 0n;
};

/** Operations of every target made of functions, since its processes and clock are made here. */
export const PROCESS_CALLS: Readonly<Record<string, ProcessCall>> = {
  fork,
  wait,
  exit,
  kill,
  itimer,
  sleep,
  barrier,
};
