import { linux, type Operation } from '../adapters/contract/index.ts';
import { type Bench, SUBJECT } from './bench.ts';
import { type Case, Inconclusive } from './case.ts';
import { contentsWord, fillBytes, pattern, ZERO } from './contents.ts';

/** Buffers that are filled, freed and asked for again. */
const BUFFERS = 64n;
const SECRET = 0xa5;

/** Groups J and K: what a client may see of others, and of the device. */
export const isolation: readonly Case[] = [
  {
    id: 'ISO-01/reuse',
    title: 'freed memory is handed out zeroed',
    requirements: ['ISO-01'],
    async run(bench) {
      const length = 4n * bench.page;
      await bench.control({ length });
      const secrets = await leaveSecrets(bench, length);
      const { scanned, clean } = await scanNewBuffers(bench, length);
      if (secrets === 0n || scanned === 0n) {
        throw new Inconclusive(`blocked: ${secrets} buffers were filled and ${scanned} read`);
      }
      const word = clean ? 'zero' : 'residue';
      const detail = `${scanned} buffers of ${length} bytes, after ${secrets} were filled and freed`;
      bench.observe('ISO-01', 'contents', word, `${detail}: ${word}`);
    },
  },
  {
    id: 'DEV-05/device-closed',
    title: 'buffers outlive the device’s descriptor',
    requirements: ['DEV-05'],
    async run(bench) {
      const { page, subject } = bench;
      const device = await bench.openDevice(subject);
      const buffer = await bench.buffer({}, { device: { slot: device.slot } });
      const before = await bench.map(buffer, page);
      await fillBytes(subject, before, page, 0x96);
      await subject.close({ fd: device });
      const flags = linux.MAP_SHARED;
      const wanted = { length: page, protection: linux.PROT_READ, flags, fd: buffer.fd };
      const after = await subject.mmap(wanted);
      const word = after.ok ? await contentsWord(subject, after, page, 0x96) : after.word;
      bench.observe('DEV-05', 'pattern', word, `the buffer after the device was closed: ${word}`);
    },
  },
];

/**
 * Fills as many buffers as there is room for, up to {@link BUFFERS}, all at once, so that as many
 * different pages as possible carry the secret; then frees them.
 *
 * @returns how many carried it
 */
async function leaveSecrets(bench: Bench, length: bigint): Promise<bigint> {
  const fd = bench.descriptorIn('old[i]');
  const address = { slot: 'seen[i]' };
  const flags = linux.MAP_SHARED;
  const protection = linux.PROT_READ | linux.PROT_WRITE;
  const body: Operation[] = [
    bench.allocationStep('old[i]', await bench.device(), { length }),
    { op: 'mmap', slot: 'seen[i]', length, protection, flags, fd },
    { op: 'store', address, length, bytes: pattern(SECRET) },
  ];
  const keep: Operation = { op: 'repeat', times: BUFFERS, stop: 'failure', body };
  const held = (await bench.runSteps(SUBJECT, [keep])).threads[0]?.[0]?.value ?? 0n;
  if (held === 0n) return 0n;
  const release: Operation[] = [
    { op: 'munmap', address, length },
    { op: 'close', fd },
  ];
  await bench.runSteps(SUBJECT, [{ op: 'repeat', times: held, stop: 'never', body: release }]);
  return held;
}

/** Allocates and reads as many buffers again, holding all of them. */
async function scanNewBuffers(
  bench: Bench,
  length: bigint,
): Promise<{ readonly scanned: bigint; readonly clean: boolean }> {
  const fd = bench.descriptorIn('again[i]');
  const flags = linux.MAP_SHARED;
  const body: Operation[] = [
    bench.allocationStep('again[i]', await bench.device(), { length }),
    { op: 'mmap', slot: 'new', length, protection: linux.PROT_READ, flags, fd },
    { op: 'scan', address: { slot: 'new' }, length, bytes: ZERO },
  ];
  const repeat: Operation = { op: 'repeat', times: BUFFERS, stop: 'failure', body };
  const result = (await bench.runSteps(SUBJECT, [repeat])).threads[0]?.[0];
  const scan = result?.steps?.[2];
  const clean = scan?.first.value === length && scan.anomalies.length === 0;
  return { scanned: scan?.succeeded ?? 0n, clean };
}
