import {
  type Adapter,
  type Program,
  RecordingSession,
  TargetDeath,
  type TranscriptEntry,
} from '../../../adapters/contract/index.ts';
import { type Difference, diffHistories, operationSummary } from './histories.ts';

/** A difference, and the Program in which it is. */
export interface PlacedDifference extends Difference {
  /** Which Program of the case it is, from 1 on. */
  readonly program: number;
}

/**
 * Where two targets answered the same Programs otherwise, Program by Program, up to where they were
 * no longer asked the same.
 */
export function diffEntries(
  left: readonly TranscriptEntry[],
  right: readonly TranscriptEntry[],
): PlacedDifference[] {
  const found: PlacedDifference[] = [];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [one, other] = [left[index], right[index]];
    const program = index + 1;
    if (one === undefined || other === undefined || one.digest !== other.digest) {
      found.push({ program, ...partingOf(one, other) });
      break;
    }
    found.push(...diffAnswers(one, other).map((difference) => ({ program, ...difference })));
  }
  return found;
}

/** The next Programs of a case, where it no longer asked both targets the same. */
function partingOf(left?: TranscriptEntry, right?: TranscriptEntry): Difference {
  return {
    what: 'from here on the case asks other Programs',
    field: 'asked',
    left: askedIn(left),
    right: askedIn(right),
    raced: false,
  };
}

const askedIn = (entry: TranscriptEntry | undefined): string =>
  entry === undefined ? 'nothing more' : programSummary(entry.program);

/** A Program in a line. */
export const programSummary = ({ threads }: Program): string =>
  threads
    .map(({ client, operations }) => `${client}: ${operations.map(operationSummary).join('; ')}`)
    .join(' | ') || 'the beginning of the case';

function diffAnswers(left: TranscriptEntry, right: TranscriptEntry): readonly Difference[] {
  if (left.kind === 'run' && right.kind === 'run') {
    return diffHistories(left.program, left.history, right.history);
  }
  const [one, other] = [endOf(left), endOf(right)];
  if (one === other) return [];
  return [
    { what: programSummary(left.program), field: 'end', left: one, right: other, raced: false },
  ];
}

const endOf = (entry: TranscriptEntry): string =>
  entry.kind === 'run' ? 'answered' : `${entry.manner} of the target`;

/**
 * Runs Programs one after another in one case on a target, up to its death.
 *
 * @throws {@link AllocertError} when the target cannot be reached or refuses a Program
 */
export async function runPrograms(
  adapter: Adapter,
  programs: readonly Program[],
): Promise<readonly TranscriptEntry[]> {
  const session = new RecordingSession(await adapter.open());
  try {
    await session.begin('diff');
    for (const program of programs) await session.run(program);
  } catch (thrown) {
    if (!(thrown instanceof TargetDeath)) throw thrown;
  } finally {
    await session.close();
  }
  return session.transcript.entries;
}
