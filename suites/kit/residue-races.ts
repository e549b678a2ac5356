import { linux, type Operation, type Thread } from '../../adapters/contract/index.ts';
import { pattern, stamp, ZERO } from './contents.ts';
import { type CaseContext, SUBJECT } from './context.ts';
import { Inconclusive } from './observation.ts';
import type { Sighting } from './race.ts';
import { residueIn, SECRET } from './residue.ts';
import { budgetOf, sizeClasses } from './sizes.ts';

const THREADS = 4;
/** The most buffers of each thread in one round, and rounds, each under another schedule. */
const BUFFERS_EACH = 16n;
const ROUNDS = 8;
/** Rounds of a race of two threads for one descriptor. */
const RACES = 32;
/** Times that a thread asks for a descriptor which is not there yet. */
const LOOKS = 2000n;

/** Sizes of which so many buffers fit at the same time. */
const sizesFor = (context: CaseContext, buffers: bigint): readonly bigint[] => {
  const pages = budgetOf(context) / buffers / context.page;
  return sizeClasses(context, pages < 1n ? 1n : pages);
};

/** Threads that allocate, look at what they got, write to it and free it, all at once. */
export async function scanWhileAllocating(context: CaseContext): Promise<Sighting> {
  const device = await context.device();
  const sizes = sizesFor(context, BigInt(2 * THREADS));
  let scanned = 0n;
  const dirty: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const lengths = Array.from({ length: THREADS }, (_, index) => {
      return sizes[(round * THREADS + index) % sizes.length] ?? context.page;
    });
    const threads = lengths.map((length, index): Thread => {
      const body = lookAndSpoil(context, device, length, index);
      const share = budgetOf(context) / BigInt(THREADS) / length;
      const times = share < BUFFERS_EACH ? share : BUFFERS_EACH;
      const loop: Operation = { op: 'repeat', times, stop: 'failure', body };
      const barrier: Operation = { op: 'barrier', parties: BigInt(THREADS) };
      return { client: SUBJECT, operations: [barrier, loop] };
    });
    const history = await context.runThreads(threads, { seed: BigInt(round) });
    for (const [index, [, loop]] of history.threads.entries()) {
      const scan = loop?.steps?.[2];
      scanned += scan?.succeeded ?? 0n;
      dirty.push(...residueIn(scan, lengths[index] ?? 0n));
    }
  }
  if (scanned === 0n) throw new Inconclusive('blocked: no buffer could be read');
  const word = dirty.length === 0 ? 'zero' : 'residue';
  const seen = dirty[0] ?? word;
  return { word, detail: `${THREADS} threads read ${scanned} new buffers: ${seen}` };
}

function lookAndSpoil(
  context: CaseContext,
  device: { readonly slot: string },
  length: bigint,
  index: number,
): Operation[] {
  const slot = `mine-${index}`;
  const address = { slot: `view-${index}` };
  const protection = linux.PROT_READ | linux.PROT_WRITE;
  const fd = context.descriptorIn(slot);
  return [
    context.allocationStep(slot, device, { length }),
    { op: 'mmap', slot: address.slot, length, protection, flags: linux.MAP_SHARED, fd },
    { op: 'scan', address, length, bytes: ZERO },
    { op: 'store', address, length, bytes: pattern(SECRET) },
    { op: 'munmap', address, length },
    { op: 'close', fd },
  ];
}

/**
 * One thread allocates; another maps the descriptor that it is going to get as soon as it can. The
 * buffers stay, so that each round gets pages that still carry the secret.
 */
export async function mapBeforeReturn(context: CaseContext): Promise<Sighting> {
  const device = await context.device();
  // A descriptor that is not yet what it will be may lead to another buffer: here is one.
  await stamp(context, await context.buffer(), context.page, SECRET);
  const sizes = sizesFor(context, BigInt(RACES / 2));
  const words: string[] = [];
  for (let round = 0; round < RACES; round += 1) {
    // From the largest down: what takes longest to clear is met most easily.
    const length = sizes[sizes.length - 1 - (round % sizes.length)] ?? context.page;
    const scan = await mapEarly(context, device, length, round);
    if (scan !== undefined) words.push(scan === length ? 'zero' : 'residue');
  }
  if (words.length === 0) throw new Inconclusive('blocked: no round saw the new descriptor');
  const word = words.includes('residue') ? 'residue' : 'zero';
  const seen = `${words.length} of ${RACES} buffers were mapped as soon as their descriptor existed`;
  return { word, detail: `${seen}: ${word}` };
}

/** Zeros that the second thread found, if it saw the buffer. */
async function mapEarly(
  context: CaseContext,
  device: { readonly slot: string },
  length: bigint,
  round: number,
): Promise<bigint | undefined> {
  const { value: fd } = await context.subject.dup({ fd: device });
  await context.subject.close({ fd });
  const view = { slot: `early-${round}` };
  const flags = linux.MAP_SHARED;
  const protection = linux.PROT_READ;
  const look: Operation = { op: 'mmap', slot: view.slot, length, protection, flags, fd };
  const barrier: Operation = { op: 'barrier', parties: 2n };
  const allocation = context.allocationStep(`made-${round}`, device, { length });
  const history = await context.runThreads(
    [
      { client: SUBJECT, operations: [barrier, allocation] },
      {
        client: SUBJECT,
        operations: [
          barrier,
          { op: 'repeat', times: LOOKS, stop: 'success', body: [look] },
          { op: 'scan', address: view, length, bytes: ZERO },
          { op: 'munmap', address: view, length },
        ],
      },
    ],
    { seed: BigInt(round) },
  );
  const scan = history.threads[1]?.[2];
  const looked = scan?.outcome === 'returned' && scan.errno === undefined;
  return looked ? scan.value : undefined;
}
