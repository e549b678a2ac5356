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

type Call = ProgramCall<FunctionProcess<unknown>>;

/** Does one operation of a process on the processes of its machine. */
type ProcessCall = (call: Call, processes: ProcessTable) => CallReply | SystemCall<CallReply>;

const fork: ProcessCall = (call, processes) => {
  const name = call.operation.client as string;
  const known = processes.process(name);
  if (known !== undefined && known.state !== 'dead') return 'EEXIST';
  return BigInt(processes.fork(call.context.process, name).pid);
};

function* wait(call: Call, processes: ProcessTable): SystemCall<CallReply> {
  const process = processes.process(call.operation.client as string);
  if (process === undefined) return 'ECHILD';
  if (process === call.context.process) return 'EDEADLK';
  const over = (): boolean => process.state === 'dead';
  while (!over() && !call.ending) yield* call.sleep(over);
  return BigInt(process.waitStatus);
}

const exit: ProcessCall = (call, processes) => {
  processes.kill(call.context.process, { status: call.int('status') & 0xff }, 'own');
  return 0n;
};

const kill: ProcessCall = (call, processes) => {
  const process = processes.process(call.operation.client as string);
  const signal = call.int('signal');
  if (process === undefined || process.state === 'dead') return 'ESRCH';
  if (signal < 0 || signal > NSIG) return 'EINVAL';
  if (STOPPING.includes(signal)) return { unsupported: true };
  if (signal !== 0 && !HARMLESS.includes(signal)) processes.kill(process, { signal }, 'own');
  return 0n;
};

const itimer: ProcessCall = (call) => {
  const interval = call.word('intervalUs') * NANOSECONDS;
  const next = call.context.clock.now + interval;
  call.context.process.timer = interval === 0n ? undefined : { interval, next };
  return 0n;
};

/** What every target made of functions can do, since its processes and clock are made here. */
export const PROCESS_CALLS: Readonly<Record<string, ProcessCall>> = {
  fork,
  wait,
  exit,
  kill,
  itimer,
  sleep,
  barrier,
};
