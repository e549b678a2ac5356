import { succeeded } from '../../adapters/contract/index.ts';
import { allocationsOf, devicesIn, injectedIn, type Violation } from '../../oracles/index.ts';
import type { GeneratorContext } from '../generate/scenario.ts';
import { isPromised, type JudgingRules, type Reading } from './judge-scenario.ts';
import { predictor } from './predict.ts';
import type { Detection, Round, RoundReport } from './round-report.ts';

/** Errors that a client brings about by itself, and not for want of memory. */
const OWN: readonly unknown[] = ['EMFILE', 'ENFILE', 'EINTR'];

/**
 * The suspicion that a target serves no client any more: every request of a scenario that was as it
 * should be was refused, and none was granted. One scenario proves nothing, since memory may be
 * short for a while; many in a row do.
 *
 * @returns undefined when nothing was asked for as it should be
 */
export function serviceOf(
  { abi, region }: GeneratorContext,
  { profile }: JudgingRules,
  { timeline }: Pick<Reading, 'timeline'>,
): 'granted' | Violation | undefined {
  if (allocationsOf(timeline, abi).length > 0) return 'granted';
  const deviceOf = devicesIn(timeline);
  const predict = predictor(abi, profile, region.sizeBytes);
  const injected = injectedIn(timeline);
  const refused = timeline.events.filter(
    (event) =>
      event.result.outcome === 'returned' &&
      !succeeded(event.result) &&
      !OWN.includes(event.result.errno) &&
      injected(event) === 'no' &&
      deviceOf(event) !== undefined &&
      predict(event)?.requirement === 'IOC-01',
  );
  const [first] = refused;
  if (first === undefined || !isPromised(profile, 'IOC-01')) return undefined;
  return {
    oracle: 'service',
    requirement: 'IOC-01',
    kind: 'no client gets a buffer any more',
    detail: `each of ${refused.length} valid requests was refused, the first with ${first.result.errno}`,
    events: [first],
  };
}

/** What came of the good requests of a round, if there were any. */
export function serviceIn(
  round: Round,
  about: Pick<Detection, 'index' | 'snapshot'>,
): Pick<RoundReport, 'service'> {
  const { granted, suspicions = [] } = round;
  if (granted === undefined) return {};
  const violation = suspicions.find(({ oracle }) => oracle === 'service');
  const refusal = violation === undefined ? {} : { refusal: { ...about, round, violation } };
  return { service: { granted, ...refusal } };
}
