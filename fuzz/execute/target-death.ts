import type { TargetDeath } from '../../adapters/contract/index.ts';
import { kernelReports, reportInWords } from '../../adapters/contract/kernel-log.ts';
import { type Violation, withoutNumbers } from '../../oracles/index.ts';

/** The oracle that findings name whose target died. */
export const DEATH = 'target';

/** Kinds of deaths, before the blame. */
const KINDS = { crash: 'the target died', hang: 'the target no longer answers' } as const;

/** Characters of the blame in a signature: a message may be of any length. */
const BLAME_MAX = 160;

/**
 * The violation that the death of a target under a scenario is. Its kind holds the first line of
 * the console that blames something; where there is none, what the adapter says of the death: by
 * which signal, in which function. Two deaths with the same blame are one finding.
 */
export function deathOf({ log, manner, message }: TargetDeath): Violation {
  const [report] = kernelReports(log);
  const blame = withoutNumbers(report?.alarm ?? message).slice(0, BLAME_MAX);
  const words = report === undefined ? '' : reportInWords(report);
  return {
    oracle: DEATH,
    requirement: 'ERR-12',
    kind: blame === '' ? KINDS[manner] : `${KINDS[manner]}: ${blame}`,
    detail: message.includes(words) ? message : `${message}: ${words}`,
    events: [],
  };
}

/** Whether a target that died did so without a word for as long as it was waited for. */
export const isSilent = ({ kind, oracle }: Violation): boolean =>
  oracle === DEATH && kind.startsWith(KINDS.hang);
