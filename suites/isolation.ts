import { linux, type Operation } from '../adapters/contract/index.ts';
import { type Bench, SUBJECT } from './bench.ts';
import type { Case } from './case.ts';
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
      await leaveSecrets(bench, length);
      const scan: Operation = { op: 'scan', address: { slot: 'new' }, length, bytes: ZERO };
      const steps = await repeatOverBuffers(bench, length, 'new', scan);
      const clean = steps?.first.value === length && steps.anomalies.length === 0;
      const word = clean ? 'zero' : 'residue';
      const detail = `${BUFFERS} buffers of ${length} bytes, after as many were filled and freed`;
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

/** Holds all buffers at once, so that as many different pages as possible carry the secret. */
async function leaveSecrets(bench: Bench, length: bigint): Promise<void> {
  const fd = bench.descriptorIn('old[i]');
  const address = { slot: 'seen[i]' };
  const flags = linux.MAP_SHARED;
  const protection = linux.PROT_READ | linux.PROT_WRITE;
  const keep: Operation[] = [
    bench.allocationStep('old[i]', await bench.device(), { length }),
    { op: 'mmap', slot: 'seen[i]', length, protection, flags, fd },
    { op: 'store', address, length, bytes: pattern(SECRET) },
  ];
  const drop: Operation[] = [
    { op: 'munmap', address, length },
    { op: 'close', fd },
  ];
  await bench.runSteps(SUBJECT, [
    { op: 'repeat', times: BUFFERS, stop: 'never', body: keep },
    { op: 'repeat', times: BUFFERS, stop: 'never', body: drop },
  ]);
}

/** Allocates and maps as many buffers again, holding all, and returns what the last step saw. */
async function repeatOverBuffers(bench: Bench, length: bigint, slot: string, last: Operation) {
  const fd = bench.descriptorIn('again[i]');
  const flags = linux.MAP_SHARED;
  const body: Operation[] = [
    bench.allocationStep('again[i]', await bench.device(), { length }),
    { op: 'mmap', slot, length, protection: linux.PROT_READ, flags, fd },
    last,
  ];
  const repeat: Operation = { op: 'repeat', times: BUFFERS, stop: 'never', body };
  const history = await bench.runSteps(SUBJECT, [repeat]);
  return history.threads[0]?.[0]?.steps?.[2];
}
