import { linuxNumbers } from '../../contract/linux-numbers.ts';
import { SIGNALS } from '../../contract/signals.ts';
import type { CallReply } from '../../interpreter/answer.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { Handler, KernelCall } from './kernel-call.ts';

const { NSIG } = linuxNumbers;
const { SIGALRM, SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH } = SIGNALS;
/** SIGALRM, which the executor handles, and the signals that do nothing by default. */
const HARMLESS: readonly number[] = [SIGALRM, SIGCHLD, SIGCONT, SIGURG, SIGWINCH];
/** Stopping a process would stop its threads; the simulator has no stopped state. */
const STOPPING: readonly number[] = [SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU];

const fork: Handler = (call) => {
  const { kernel, operation } = call;
  const name = operation.client as string;
  const known = kernel.client(name);
  if (known !== undefined && known.state !== 'dead') return 'EEXIST';
  const child = kernel.fork(call.client, name);
  return BigInt(child.pid);
};

/** execve(2): the other threads end, mappings and O_CLOEXEC descriptors go. */
const exec: Handler = (call) => {
  const { client } = call;
  call.context.stopOthers();
  client.space.clear();
  for (const number of client.table.numbers) {
    if (client.table.isCloseOnExec(number)) client.closeDescriptor(number);
  }
  return 0n;
};

function* wait(call: KernelCall): SystemCall<CallReply> {
  const client = call.kernel.client(call.operation.client as string);
  if (client === undefined) return 'ECHILD';
  if (client === call.client) return 'EDEADLK';
  while (client.state !== 'dead' && !call.ending) yield* call.sleep(() => client.state === 'dead');
  return BigInt(client.waitStatus);
}

const exit: Handler = (call) => {
  call.kernel.kill(call.client, { status: call.int('status') & 0xff }, 'own');
  return 0n;
};

const kill: Handler = (call) => {
  const client = call.kernel.client(call.operation.client as string);
  const signal = call.int('signal');
  if (client === undefined || client.state === 'dead') return 'ESRCH';
  if (signal < 0 || signal > NSIG) return 'EINVAL';
  if (call.client.uid !== 0 && call.client.uid !== client.uid) return 'EPERM';
  if (STOPPING.includes(signal)) return { unsupported: true };
  if (signal !== 0 && !HARMLESS.includes(signal)) call.kernel.kill(client, { signal }, 'own');
  return 0n;
};

const setrlimit: Handler = (call) => {
  const { softLimits, hardLimits } = call.client;
  const resource = call.uint('resource');
  const hard = hardLimits[resource];
  if (hard === undefined || call.word('soft') > hard) return 'EINVAL';
  softLimits[resource] = call.word('soft');
  return 0n;
};

const setuid: Handler = (call) => {
  const uid = call.uint('uid');
  if (uid === 0xffffffff) return 0n;
  if (call.client.uid !== 0 && uid !== call.client.uid) return 'EPERM';
  call.client.uid = uid;
  return 0n;
};

/** System calls on processes and their limits. */
export const processCalls = {
  fork,
  exec,
  wait,
  exit,
  kill,
  setrlimit,
  setuid,
} as const satisfies Record<string, Handler>;
