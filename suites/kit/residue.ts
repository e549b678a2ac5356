import {
  linux,
  type Operation,
  type RepeatStep,
  succeeded,
  type Thread,
} from '../../adapters/contract/index.ts';
import { pattern, ZERO } from './contents.ts';
import { type CaseContext, SUBJECT } from './context.ts';
import { Inconclusive } from './observation.ts';
import type { Sighting } from './race.ts';

/** Buffers that are filled, freed and asked for again. */
const BUFFERS = 64n;
const SECRET = 0xa5;
const THREADS = 4;
/** Buffers of each thread in one round, and rounds, each under another schedule. */
const BUFFERS_EACH = 16n;
const ROUNDS = 8;
/** Rounds of a race of two threads for one descriptor. */
const RACES = 32;
/** Times that a thread asks for a descriptor which is not there yet. */
const LOOKS = 2000n;

/**
 * Fills as many buffers as there is room for, up to {@link BUFFERS}, all at once, so that as many
 * different pages as possible carry the secret; then frees them.
 *
 * @returns how many carried it
 * @throws {@link Inconclusive} when none did
 */
export async function leaveSecrets(
  context: CaseContext,
  length: bigint,
  client = SUBJECT,
): Promise<bigint> {
  const fd = context.descriptorIn('old[i]');
  const address = { slot: 'seen[i]' };
  const flags = linux.MAP_SHARED;
  const protection = linux.PROT_READ | linux.PROT_WRITE;
  const device = await context.device();
  const body: Operation[] = [
    context.allocationStep('old[i]', device, { length }),
    { op: 'mmap', slot: 'seen[i]', length, protection, flags, fd },
    { op: 'store', address, length, bytes: pattern(SECRET) },
  ];
  const keep: Operation = { op: 'repeat', times: BUFFERS, stop: 'failure', body };
  const held = (await context.runSteps(client, [keep])).threads[0]?.[0]?.value ?? 0n;
  if (held === 0n) throw new Inconclusive('blocked: no buffer could be filled');
  const release: Operation[] = [
    { op: 'munmap', address, length },
    { op: 'close', fd },
  ];
  await context.runSteps(client, [{ op: 'repeat', times: held, stop: 'never', body: release }]);
  return held;
}

/** Allocates and reads as many buffers again, holding all of them. */
export async function scanNewBuffers(
  context: CaseContext,
  length: bigint,
): Promise<{ readonly scanned: bigint; readonly clean: boolean }> {
  const fd = context.descriptorIn('again[i]');
  const flags = linux.MAP_SHARED;
  const body: Operation[] = [
    context.allocationStep('again[i]', await context.device(), { length }),
    { op: 'mmap', slot: 'new', length, protection: linux.PROT_READ, flags, fd },
    { op: 'scan', address: { slot: 'new' }, length, bytes: ZERO },
  ];
  const repeat: Operation = { op: 'repeat', times: BUFFERS, stop: 'failure', body };
  const result = (await context.runSteps(SUBJECT, [repeat])).threads[0]?.[0];
  const scan = result?.steps?.[2];
  return { scanned: scan?.succeeded ?? 0n, clean: isClean(scan, length) };
}

/**
 * Whether every scan of a loop that could be done found zeros all the way; the others had no buffer
 * to scan.
 */
const isClean = (scan: RepeatStep | undefined, length: bigint): boolean =>
  scan !== undefined &&
  [scan.first, ...scan.anomalies.map(({ result }) => result)].every(
    (result) => !succeeded(result) || result.value === length,
  );

/** Threads that allocate, look at what they got, write to it and free it, all at once. */
export async function scanWhileAllocating(context: CaseContext, length: bigint): Promise<Sighting> {
  const device = await context.device();
  let scanned = 0n;
  let dirty = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const threads = Array.from({ length: THREADS }, (_, index): Thread => {
      const body = lookAndSpoil(context, device, length, index);
      const loop: Operation = { op: 'repeat', times: BUFFERS_EACH, stop: 'never', body };
      const barrier: Operation = { op: 'barrier', parties: BigInt(THREADS) };
      return { client: SUBJECT, operations: [barrier, loop] };
    });
    const history = await context.runThreads(threads, { seed: BigInt(round) });
    for (const [, loop] of history.threads) {
      const scan = loop?.steps?.[2];
      scanned += scan?.succeeded ?? 0n;
      if ((scan?.succeeded ?? 0n) > 0n && !isClean(scan, length)) dirty += 1;
    }
  }
  if (scanned === 0n) throw new Inconclusive('blocked: no buffer could be read');
  const word = dirty === 0 ? 'zero' : 'residue';
  return { word, detail: `${THREADS} threads read ${scanned} new buffers: ${word}` };
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
export async function mapBeforeReturn(context: CaseContext, length: bigint): Promise<Sighting> {
  const device = await context.device();
  const words: string[] = [];
  for (let round = 0; round < RACES; round += 1) {
    const { value: fd } = await context.subject.dup({ fd: device });
    await context.subject.close({ fd });
    const view = { slot: `early-${round}` };
    const slot = `made-${round}`;
    const flags = linux.MAP_SHARED;
    const protection = linux.PROT_READ;
    const look: Operation = { op: 'mmap', slot: view.slot, length, protection, flags, fd };
    const barrier: Operation = { op: 'barrier', parties: 2n };
    const history = await context.runThreads(
      [
        {
          client: SUBJECT,
          operations: [barrier, context.allocationStep(slot, device, { length })],
        },
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
    if (scan?.outcome === 'returned' && scan.errno === undefined) {
      words.push(scan.value === length ? 'zero' : 'residue');
    }
  }
  if (words.length === 0) throw new Inconclusive('blocked: no round saw the new descriptor');
  const word = words.includes('residue') ? 'residue' : 'zero';
  const seen = `${words.length} of ${RACES} buffers were mapped by their number when it came`;
  return { word, detail: `${seen}: ${word}` };
}
