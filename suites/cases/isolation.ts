import { linux, type Operation, type Placement } from '../../adapters/contract/index.ts';
import type { Case } from '../kit/case.ts';
import { type CaseContext, SUBJECT } from '../kit/context.ts';
import { fillAndHold } from '../kit/filling.ts';
import { fillMemoryFile } from '../kit/memory-file.ts';
import { Inconclusive, Skip } from '../kit/observation.ts';
import {
  leaveSecrets,
  mapBeforeReturn,
  scanNewBuffers,
  scanWhileAllocating,
} from '../kit/residue.ts';

/** An id without privileges, as the user nobody has. */
const NOBODY = 65_534n;
/** Bytes of a file in memory, so that its pages come from everywhere. */
const FILE_BYTES = 64n << 20n;
/** Requests that fail after a buffer was made for them. */
const FAILURES = 32n;
const READ_ONLY: Placement = { kind: 'page', protection: 'read-only' };

/** Cases of group `isolation`: what a client may see of others. */
export const isolationCases: readonly Case[] = [
  {
    id: 'ISO-01/reuse',
    title: 'freed memory is handed out zeroed',
    requirements: ['ISO-01'],
    async run(context) {
      const length = 4n * context.page;
      await context.control({ length });
      const secrets = await leaveSecrets(context, length);
      await observeNew(context, 'ISO-01', 'contents', length, `${secrets} were filled and freed`);
    },
  },
  {
    id: 'ISO-02/other-user',
    title: 'what another user left is not handed out',
    requirements: ['ISO-02'],
    needs: ['clients', 'limits'],
    async run(context) {
      const length = 4n * context.page;
      await context.control({ length });
      await context.subject.fork({ client: 'stranger' });
      const stranger = context.client('stranger');
      await stranger.setuid({ uid: NOBODY });
      const secrets = await leaveSecrets(context, length, 'stranger');
      await context.subject.kill({ client: 'stranger', signal: linux.SIGKILL });
      await context.subject.wait({ client: 'stranger' });
      const after = `user ${NOBODY} filled ${secrets} and was killed`;
      await observeNew(context, 'ISO-02', 'contents', length, after);
    },
  },
  {
    id: 'ISO-03/other-uses',
    title: 'what a file left is not handed out',
    requirements: ['ISO-03'],
    needs: ['memory', 'procfs'],
    async run(context) {
      const length = 16n * context.page;
      await context.control({ length });
      const file = await fillMemoryFile(context, FILE_BYTES);
      await file.drop();
      const after = `a file of ${file.length} bytes in memory was dropped`;
      await observeNew(context, 'ISO-03', 'contents', length, after);
    },
  },
  {
    id: 'ISO-04/concurrent',
    title: 'buffers are zero when several threads allocate',
    requirements: ['ISO-04'],
    async run(context) {
      const length = 2n * context.page;
      await context.control({ length });
      await leaveSecrets(context, length);
      const { word, detail } = await scanWhileAllocating(context, length);
      context.observe('ISO-04', 'concurrent', word, detail);
    },
  },
  {
    id: 'ISO-04/after-error',
    title: 'buffers are zero after requests that failed',
    requirements: ['ISO-04'],
    async run(context) {
      const length = 4n * context.page;
      await context.control({ length });
      await leaveSecrets(context, length);
      const step = context.allocationStep('none', await context.device(), { length });
      const body: Operation[] = [{ ...step, argument: { ...step.argument, placement: READ_ONLY } }];
      await context.runSteps(SUBJECT, [{ op: 'repeat', times: FAILURES, stop: 'never', body }]);
      const after = `${FAILURES} requests could not be answered`;
      await observeNew(context, 'ISO-04', 'after-error', length, after);
    },
  },
  {
    id: 'ISO-05/early-look',
    title: 'a buffer is cleared before it can be reached',
    requirements: ['ISO-05'],
    async run(context) {
      const length = 16n * context.page;
      await context.control({ length });
      await leaveSecrets(context, length);
      const { word, detail } = await mapBeforeReturn(context, length);
      context.observe('ISO-05', 'contents', word, detail);
    },
  },
  {
    id: 'ISO-06/other-process',
    title: 'a process without the descriptor cannot reach the buffer',
    requirements: ['ISO-06'],
    needs: ['clients'],
    async run(context) {
      await context.subject.fork({ client: 'other' });
      const other = context.client('other');
      const device = await context.openDevice(other);
      const buffer = await context.buffer();
      const flags = linux.MAP_SHARED;
      const wanted = { length: context.page, protection: linux.PROT_READ, flags };
      const number = await other.mmap({ ...wanted, fd: buffer.fd });
      const seen = `in a process with the device only, the buffer’s number came to ${number.word}`;
      context.observe('ISO-06', 'number', number.word, seen);
      const { word } = await other.mmap({ ...wanted, fd: device });
      context.observe('ISO-06', 'device', word, `a mapping of the device itself came to ${word}`);
    },
  },
  {
    id: 'ISO-07/share',
    title: 'how much of a region one process gets',
    requirements: ['ISO-07'],
    needsBounded: true,
    async run(context) {
      const { sizeBytes } = context.region;
      if (sizeBytes === undefined) throw new Skip('the size of the region is not known');
      const { pages } = await fillAndHold(context);
      const word = pages * context.page === sizeBytes ? 'whole-region' : 'limited';
      const detail = `one process got ${pages * context.page} of ${sizeBytes} bytes`;
      context.observe('ISO-07', 'share', word, detail);
    },
  },
];

/** Looks at new buffers and says whether all of them were zero. */
async function observeNew(
  context: CaseContext,
  requirement: string,
  role: string,
  length: bigint,
  after: string,
): Promise<void> {
  const { scanned, clean } = await scanNewBuffers(context, length);
  if (scanned === 0n) throw new Inconclusive('blocked: no new buffer could be read');
  const word = clean ? 'zero' : 'residue';
  const detail = `${scanned} buffers of ${length} bytes, after ${after}: ${word}`;
  context.observe(requirement, role, word, detail);
}
