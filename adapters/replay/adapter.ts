import { usageError } from '../../base/errors.ts';
import type { Adapter, TargetFacts } from '../contract/index.ts';
import { type Recording, readRecording } from './recording.ts';
import { ReplaySession } from './session.ts';

const SCHEME = 'replay:';

/**
 * A target that answers from the evidence of an earlier run. The target that it names is never
 * opened. A case that was recorded several times is answered as it was the first time, then as the
 * second time, and so on: who retries sees what was seen then.
 *
 * @param url `replay:DIR`, where DIR is a report directory
 * @throws {@link AllocertError} (usage) when there is no evidence or a line of it is damaged, and
 *   (machine) when it is not the evidence that the record or the journal beside it names
 */
export async function openReplay(url: string): Promise<Adapter> {
  const directory = url.slice(SCHEME.length);
  if (directory === '') {
    throw usageError(`${SCHEME} names no directory; give one, such as ${SCHEME}allocert-report`);
  }
  const recording = readRecording(directory);
  const facts = replayFacts(recording);
  /** How often each case began, in any session. */
  const begun = new Map<string, number>();
  const runOf = (caseId: string) => {
    const times = begun.get(caseId) ?? 0;
    begun.set(caseId, times + 1);
    return recording.entriesOf(caseId, times);
  };
  return {
    url,
    open: async () => new ReplaySession(facts, runOf),
    close: async () => {},
  };
}

function replayFacts({ facts, seed, target }: Recording): TargetFacts {
  const details = { ...facts.details, replay: 'yes', 'replay-of': target, 'replay-seed': seed };
  return { ...facts, details };
}
