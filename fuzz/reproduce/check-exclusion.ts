import type { Violation } from '../../oracles/index.ts';
import { type CStep, stepKey } from './c-threads.ts';
import {
  type CheckContext,
  checkAfter,
  checkWithoutStatements,
  type ProgramCheck,
  stepOf,
} from './program-check.ts';

/** A look at the pages of one of the two buffers. */
interface Look {
  readonly step: CStep;
  /** The mapping that it looked through. */
  readonly address: string;
  readonly slot: string;
  /** Bytes. */
  readonly length: bigint;
}

/**
 * Two live buffers have no page in common: where one thread has both mapped it writes through the
 * one and looks through the other; else page frame numbers tell.
 */
export function checkExclusion(
  { events }: Violation,
  context: CheckContext,
): ProgramCheck | undefined {
  const looks = events.map((event) => lookAt(context, stepOf(context, event)));
  const [one, other] = looks.toSorted((a, b) => positionOf(context, a) - positionOf(context, b));
  if (one === undefined || other === undefined) return undefined;
  return standTogether(context, one, other) ? byContent(one, other) : byFrames(context, one, other);
}

/** The last look at a buffer's pages, through a mapping of its own descriptor. */
function lookAt({ steps, words }: CheckContext, allocation: CStep | undefined): Look | undefined {
  const slot = allocation?.operation.slot;
  const maps = steps.flatMap(({ operation }) =>
    operation.op === 'mmap' && typeof operation.fd !== 'bigint' && operation.fd.slot === slot
      ? [operation.slot]
      : [],
  );
  return steps
    .flatMap((step): Look[] => {
      const { operation } = step;
      if (operation.op !== 'frames' || typeof operation.address === 'bigint') return [];
      const { address, length } = operation;
      if (!maps.includes(address.slot) || typeof length !== 'bigint') return [];
      return [{ step, address: words.slots.address(address), slot: address.slot, length }];
    })
    .at(-1);
}

const positionOf = ({ steps }: CheckContext, look: Look | undefined): number =>
  look === undefined ? -1 : steps.indexOf(look.step);

/** Whether both mappings stand, in one thread, when the second one is looked at. */
function standTogether({ steps, threads }: CheckContext, one: Look, other: Look): boolean {
  const thread = threads.find(({ client }) => client === one.step.client);
  const inTurn = thread?.items.every(({ kind }) => kind === 'step') === true;
  if (!inTurn || one.step.client !== other.step.client) return false;
  const between = steps.slice(0, steps.indexOf(other.step));
  return !between.some(
    ({ operation }) =>
      (operation.op === 'munmap' || operation.op === 'mremap') &&
      typeof operation.address !== 'bigint' &&
      operation.address.slot === one.slot,
  );
}

function byContent(one: Look, other: Look): ProgramCheck {
  const pages = `${one.address}, ${one.length}, ${other.address}, ${other.length}`;
  const mapped = [one, other].map(({ address }) => `${address} != MAP_FAILED`).join(' && ');
  const means = 'What is written to one buffer must not show in another.';
  return checkAfter(means, other.step, `violated(${mapped} &&`, `\t share_pages(${pages}));`);
}

function byFrames({ words }: CheckContext, one: Look, other: Look): ProgramCheck {
  const bytes = BigInt(words.page);
  const looks = [one, other].map((look, index) => ({
    ...look,
    frames: `s->frames${index + 1}`,
    count: look.length < bytes ? 1n : look.length / bytes,
  }));
  const [first, second] = looks;
  if (first === undefined || second === undefined) return checkWithoutStatements('');
  const compare = `violated(common_frame(${looks
    .map(({ count, frames }) => `${frames}, ${count}`)
    .join(', ')}));`;
  const after = looks.map(({ address, count, frames, step }): [string, string[]] => [
    stepKey(step),
    [`read_frames(${address}, ${count}, ${frames});`, compare],
  ]);
  return {
    ...checkWithoutStatements('Two buffers that live at once must have no page frame in common.'),
    after: new Map(after),
    shared: looks.map(({ count }, index) => `uint64_t frames${index + 1}[${count}]`),
  };
}
