import type { Violation } from '../../oracles/index.ts';
import { keyOf, type Step } from './c-threads.ts';
import { afterwards, type Check, empty, type Scene, stepOf } from './program-check.ts';

/** A look at the pages of one of the two buffers. */
interface Look {
  readonly step: Step;
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
export function checkExclusion({ events }: Violation, scene: Scene): Check | undefined {
  const looks = events.map((event) => lookAt(scene, stepOf(scene, event)));
  const [one, other] = looks.toSorted((a, b) => positionOf(scene, a) - positionOf(scene, b));
  if (one === undefined || other === undefined) return undefined;
  return standTogether(scene, one, other) ? byContent(one, other) : byFrames(scene, one, other);
}

/** The last look at a buffer's pages, through a mapping of its own descriptor. */
function lookAt({ steps, words }: Scene, allocation: Step | undefined): Look | undefined {
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

const positionOf = ({ steps }: Scene, look: Look | undefined): number =>
  look === undefined ? -1 : steps.indexOf(look.step);

/** Whether both mappings stand, in one thread, when the second one is looked at. */
function standTogether({ lines, steps }: Scene, one: Look, other: Look): boolean {
  const line = lines.find(({ client }) => client === one.step.client);
  const inTurn = line?.items.every(({ kind }) => kind === 'step') === true;
  if (!inTurn || one.step.client !== other.step.client) return false;
  const between = steps.slice(0, steps.indexOf(other.step));
  return !between.some(
    ({ operation }) =>
      (operation.op === 'munmap' || operation.op === 'mremap') &&
      typeof operation.address !== 'bigint' &&
      operation.address.slot === one.slot,
  );
}

function byContent(one: Look, other: Look): Check {
  const pages = `${one.address}, ${one.length}, ${other.address}, ${other.length}`;
  const mapped = [one, other].map(({ address }) => `${address} != MAP_FAILED`).join(' && ');
  const means = 'What is written to one buffer must not show in another.';
  return afterwards(means, other.step, `violated(${mapped} &&`, `\t share_pages(${pages}));`);
}

function byFrames({ words }: Scene, one: Look, other: Look): Check {
  const bytes = BigInt(words.page);
  const looks = [one, other].map((look, index) => ({
    ...look,
    frames: `s->frames${index + 1}`,
    count: look.length < bytes ? 1n : look.length / bytes,
  }));
  const [first, second] = looks;
  if (first === undefined || second === undefined) return empty('');
  const compare = `violated(common_frame(${looks
    .map(({ count, frames }) => `${frames}, ${count}`)
    .join(', ')}));`;
  const after = looks.map(({ address, count, frames, step }): [string, string[]] => [
    keyOf(step),
    [`read_frames(${address}, ${count}, ${frames});`, compare],
  ]);
  return {
    ...empty('Two buffers that live at once must have no page frame in common.'),
    after: new Map(after),
    shared: looks.map(({ count }, index) => `uint64_t frames${index + 1}[${count}]`),
  };
}
