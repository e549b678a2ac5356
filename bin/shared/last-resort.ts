import { messageOf } from '../../base/errors.ts';
import { complain, complainFully } from './terminal.ts';

/** Exit code of trouble that says nothing about a target. */
export const TROUBLE = 3;

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
  const sentence = sentenceOf(thrown);
  if (rescue !== undefined) {
    rescue(sentence);
    return;
  }
  complain(sentence);
  process.exit(TROUBLE);
}

function sentenceOf(thrown: unknown): string {
  const message = messageOf(thrown).split('\n')[0];
  const { code } = (thrown ?? {}) as NodeJS.ErrnoException;
  if (code === 'EMFILE' || code === 'ENFILE') {
    return `too few files may be open at once (${message}); raise the limit, as by ulimit -n 1024`;
  }
  const where = 'set ALLOCERT_DEBUG=1 to see where';
  return `something failed that no caller waits for: ${message}; ${where}`;
}
