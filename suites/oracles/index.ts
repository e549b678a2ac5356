/** Oracles: functions of what came back that tell when a promise was surely broken. */
export { accounting } from './accounting.ts';
export { content } from './content.ts';
export { descriptors } from './descriptors.ts';
export { errors, type Prediction } from './errors.ts';
export { exclusion, type Overlap, overlapIn, type Tenancy, tenanciesOf } from './exclusion.ts';
export {
  allocationsOf,
  buffersOf,
  type HeldBuffer,
  type Holding,
  type Interval,
  livesOf,
} from './holdings.ts';
export { justifiedFailure, type Room } from './justified-failure.ts';
export { type Answer, type Call, linearizable, type Model } from './linearizability.ts';
export { numbers } from './numbers.ts';
export { snapshot } from './snapshot.ts';
export { survival } from './survival.ts';
export { type Conflict, firstConflict } from './sweep.ts';
export { type Event, type Timeline, timelineOf } from './timeline.ts';
export type { Violation } from './violation.ts';
