import type { TargetDeath } from '../../adapters/contract/index.ts';
import type { Violation } from '../../oracles/index.ts';

/** The oracle that findings name whose target died. */
export const DEATH = 'target';

/** The violation that the death of a target under a scenario is. */
export const deathOf = ({ manner, message }: TargetDeath): Violation => ({
  oracle: DEATH,
  requirement: 'ERR-12',
  kind: manner === 'crash' ? 'the target died' : 'the target no longer answers',
  detail: message,
  events: [],
});
