/**
 * Oracles: functions of Histories that tell when a promise was surely broken.
 *
 * An oracle NAME that a violation names is the function in `NAME.ts`; its comment says when it is
 * sound. All of them look at a Timeline: `timeline/` knows what is certain of one, such as which
 * buffer a descriptor refers to, and for how long. `model/` is what the oracle `sequential` expects
 * of a client. They import the contract and the catalogue; suites and fuzzer judge with them. Start
 * reading at `timeline/timeline.ts`, then `exclusion.ts`.
 */
export { accounting } from './accounting.ts';
export { kernelAlarms, withoutNumbers } from './alarms.ts';
export { answers } from './answers.ts';
export { areas, growthOfAreas, SETTLING_US } from './areas.ts';
export { capacity, capacityOf } from './capacity.ts';
export { content } from './content.ts';
export { descriptors } from './descriptors.ts';
export { errors, type Prediction } from './errors.ts';
export { exclusion, overlapIn, type PageOverlap, type Tenancy, tenanciesOf } from './exclusion.ts';
export { type FrameRange, frameRangesOf, inRanges } from './frame-range.ts';
export { inheritance } from './inheritance.ts';
export { justifiedFailure, type Room } from './justified-failure.ts';
export { layout } from './layout.ts';
export {
  type ConcurrentCall,
  type Linearizability,
  linearizable,
  type Model,
} from './linearizability.ts';
export { numbers } from './numbers.ts';
export { type ModelSetting, sequential } from './sequential.ts';
export { snapshot } from './snapshot.ts';
export { type Fall, fallsSteadily, LEAK_BYTES_MIN, QUARANTINE_PART } from './steady-fall.ts';
export { HANG, survival } from './survival.ts';
export { type Conflict, firstConflict } from './sweep.ts';
export { allocationsOf } from './timeline/allocations.ts';
export { buffersOf } from './timeline/buffers.ts';
export { type DeviceFinder, devicesIn } from './timeline/devices.ts';
export { injectedErrnos, injectedIn } from './timeline/injected.ts';
export {
  type HeldBuffer,
  type Lifetime,
  lifetimesOf,
  type Reference,
} from './timeline/lifetimes.ts';
export { ReferenceIndex } from './timeline/reference-index.ts';
export { type Event, type Timeline, timelineOf } from './timeline/timeline.ts';
export { unwritten } from './unwritten.ts';
export type { Violation } from './violation.ts';
