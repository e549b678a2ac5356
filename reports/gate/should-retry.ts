import type { FailOn } from '../record/gate-outcome.ts';
import type { RunStart } from '../record/journal-lines.ts';
import type { RecordedCase, Verdict } from '../record/record.ts';
import { isBad } from '../record/status.ts';
import { rawVerdict } from './without-gate.ts';

/** The facts of a run by which its cases are judged. */
type RunFacts = Pick<RunStart, 'profile' | 'requirements'>;

/**
 * Whether the result of a case calls for another run of it: it failed, died, hung, could not
 * decide, or never ran. What was waived failed all the same, and what flaked is known to flake.
 */
export function callsForRetry(
  { end, verdicts }: Pick<RecordedCase, 'end' | 'verdicts'>,
  { profile, requirements }: RunFacts,
  failOn: FailOn = 'must',
): boolean {
  if (end !== 'completed' && end !== 'skip') return true;
  const isShould = (id: string): boolean =>
    requirements.some((one) => one.id === id && one.level === 'SHOULD');
  const gates = ({ requirement, status }: Verdict): boolean =>
    isBad(status) ||
    status === 'inconclusive' ||
    (failOn === 'should' && status === 'warn' && isShould(requirement));
  return verdicts.map(rawVerdict).some((one) => one.profile === profile && gates(one));
}
