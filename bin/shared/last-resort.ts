import { readFileSync } from 'node:fs';
import { messageOf } from '../../base/errors.ts';
import { endProcess, TROUBLE } from './own-exit.ts';
import { complain, complainFully } from './terminal.ts';

/** Takes over a failure, so that a report can be written before the process ends. */
type Rescue = (sentence: string) => void;

let rescue: Rescue | undefined;

/**
 * Has failures that no caller waits for handed to a run, which then ends with its report.
 *
 * @returns ends that
 */
export function rescueBy(taken: Rescue): () => void {
  rescue = taken;
  return () => {
    if (rescue === taken) rescue = undefined;
  };
}

/**
 * The end of what no caller waits for: an exception in a timer, a promise that is rejected when no
 * caller listens any more. It is trouble of this process or of an adapter, never a verdict.
 */
export function lastResort(thrown: unknown): void {
  complainFully(thrown);
  giveUp(sentenceOf(thrown));
}

let idle = false;

/**
 * The end of a process in which nothing is left that could go on: code of others returned a promise
 * that never settles. Whoever rescues gets one chance to end with a report.
 */
export function idleResort(): void {
  const again = idle;
  idle = true;
  if (again) endProcess(TROUBLE);
  setImmediate(() => {}); // One more turn, in which whoever rescues can begin to end.
  giveUp(
    'nothing goes on any more: an adapter or a configuration module returned a promise that ' +
      'never settles',
  );
}

function giveUp(sentence: string): void {
  if (rescue !== undefined) {
    rescue(sentence);
    return;
  }
  complain(sentence);
  endProcess(TROUBLE);
}

/** Error codes of an output that takes nothing, in words. */
const OUTPUT: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on its device',
  EIO: 'its device failed',
  EFBIG: 'the file is as large as files may be',
  EDQUOT: 'the quota of disk space is used up',
};

/**
 * The end of a command whose standard output cannot be written. A reader that has gone, as that of
 * `allocert list | head`, is none.
 */
export function outputResort(thrown: unknown): void {
  const { code = '' } = thrown as NodeJS.ErrnoException;
  if (code === 'EPIPE') return;
  complainFully(thrown);
  complain(`standard output cannot be written: ${OUTPUT[code] ?? messageOf(thrown)}`);
  endProcess(TROUBLE);
}

/** A sentence on what failed because too few files may be open; undefined where it did not. */
export function shortageOf(thrown: unknown): string | undefined {
  const { code } = (thrown ?? {}) as NodeJS.ErrnoException;
  const isOfFiles = code === 'EMFILE' || code === 'ENFILE';
  if (!isOfFiles && !(code === 'ERR_MODULE_NOT_FOUND' && isShort())) return undefined;
  const [message] = messageOf(thrown).split('\n');
  return `too few files may be open at once (${message}); raise the limit, as by ulimit -n 1024`;
}

function sentenceOf(thrown: unknown): string {
  const shortage = shortageOf(thrown);
  if (shortage !== undefined) return shortage;
  const [message] = messageOf(thrown).split('\n');
  const where = 'set ALLOCERT_DEBUG=1 to see where';
  return `something failed that no caller waits for: ${message}; ${where}`;
}

/** Fewer files than these do not let allocert load its own modules. */
const FILES_LEAST = 256;

/**
 * Whether the limit of open files is so low that a module which cannot be opened looks to Node as
 * if it were not there.
 */
function isShort(): boolean {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1]) < FILES_LEAST;
  } catch (thrown) {
    return ['EMFILE', 'ENFILE'].includes((thrown as NodeJS.ErrnoException).code ?? '');
  }
}
