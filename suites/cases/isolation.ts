import {
  linux,
  type Operation,
  outcomePhrase,
  type Placement,
} from '../../adapters/contract/index.ts';
import type { Case } from '../kit/case.ts';
import { type CaseContext, SUBJECT } from '../kit/context.ts';
import { mixedSizes } from '../kit/crowd.ts';
import { fillAndHold } from '../kit/filling.ts';
import { fillMemoryFile } from '../kit/memory-file.ts';
import { Skip } from '../kit/observation.ts';
import { throughPhases } from '../kit/phases.ts';
import { leaveSecrets, scanNewBuffers } from '../kit/residue.ts';
import { mapBeforeReturn, scanWhileAllocating } from '../kit/residue-races.ts';
import { servingAfterwards } from '../kit/serving-afterwards.ts';
import { lengthPast4GiB, sizeClasses } from '../kit/sizes.ts';

/** An id without privileges, as the user nobody has. */
const NOBODY = 65_534n;
/** Bytes of a file in memory, so that its pages come from everywhere. */
const FILE_BYTES = 64n << 20n;
/** Requests of each size that fail after a buffer was made for them. */
const FAILURES = 8n;
const READ_ONLY: Placement = { kind: 'page', protection: 'read-only' };

/** Cases of group `isolation`: what a client may see of others. */
export const isolationCases: readonly Case[] = [
  {
    id: 'ISO-01/reuse',
    title: 'freed memory is handed out zeroed',
    requirements: ['ISO-01'],
    async run(context) {
      await context.control();
      const secrets = await leaveSecrets(context, sizeClasses(context));
      await observeNew(context, 'ISO-01', 'contents', `${secrets.text} were filled and freed`);
    },
  },
  {
    id: 'ISO-01/many',
    title: 'each of hundreds of buffers is zero, whatever was freed before',
    requirements: ['ISO-01'],
    run: (context) =>
      throughPhases(context, mixedSizes(context), {
        newBuffers: ({ word, detail }) => context.observe('ISO-01', 'contents', word, detail),
      }),
  },
  {
    id: 'ISO-01/past-4-gib',
    title: 'a buffer past 4 GiB is zero to its end',
    requirements: ['ISO-01'],
    needsBounded: true,
    deadlineMs: 120_000,
    skipsWithout: ['large-region'],
    async run(context) {
      const length = lengthPast4GiB(context);
      if (length === undefined) throw new Skip('the region holds no buffer past 4 GiB');
      await context.control();
      const secrets = await leaveSecrets(context, [length]);
      const after = `${secrets.text} were filled and freed`;
      await observeNew(context, 'ISO-01', 'contents', after, [length]);
    },
  },
  {
    id: 'ISO-02/other-user',
    title: 'memory that another user freed is handed out zeroed',
    requirements: ['ISO-02'],
    needs: ['clients', 'limits'],
    async run(context) {
      await context.control();
      await context.subject.fork({ client: 'stranger' });
      const stranger = context.client('stranger');
      await stranger.setuid({ uid: NOBODY });
      const secrets = await leaveSecrets(context, sizeClasses(context), 'stranger');
      await context.subject.kill({ client: 'stranger', signal: linux.SIGKILL });
      await context.subject.wait({ client: 'stranger' });
      const after = `user ${NOBODY} filled ${secrets.text} and was killed`;
      await observeNew(context, 'ISO-02', 'contents', after);
    },
  },
  {
    id: 'ISO-03/other-uses',
    title: 'memory that a file used is handed out zeroed',
    requirements: ['ISO-03'],
    needs: ['memory', 'procfs'],
    async run(context) {
      await context.control();
      const file = await fillMemoryFile(context, FILE_BYTES);
      await file.drop();
      const after = `a file of ${file.length} bytes in memory was dropped`;
      await observeNew(context, 'ISO-03', 'contents', after);
    },
  },
  servingAfterwards({
    id: 'ISO-04/concurrent',
    title: 'buffers are zero when several threads allocate',
    requirements: ['ISO-04'],
    async run(context) {
      await context.control();
      await leaveSecrets(context, sizeClasses(context));
      const { word, detail } = await scanWhileAllocating(context);
      context.observe('ISO-04', 'concurrent', word, detail);
    },
  }),
  {
    id: 'ISO-04/after-error',
    title: 'buffers are zero after requests that failed',
    requirements: ['ISO-04'],
    async run(context) {
      await context.control();
      const sizes = sizeClasses(context);
      await leaveSecrets(context, sizes);
      const device = await context.device();
      const body = sizes.map((length): Operation => {
        const step = context.allocationStep('none', device, { length });
        return { ...step, argument: { ...step.argument, placement: READ_ONLY } };
      });
      await context.runSteps(SUBJECT, [{ op: 'repeat', times: FAILURES, stop: 'never', body }]);
      const after = `${FAILURES * BigInt(sizes.length)} requests could not be answered`;
      await observeNew(context, 'ISO-04', 'after-error', after);
    },
  },
  {
    id: 'ISO-05/early-look',
    title: 'a buffer is cleared before it can be reached',
    requirements: ['ISO-05'],
    async run(context) {
      await context.control();
      await leaveSecrets(context, sizeClasses(context));
      const { word, detail } = await mapBeforeReturn(context);
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
      const seen = `in a process with the device only, a mapping of the buffer ${outcomePhrase(number.word)}`;
      context.observe('ISO-06', 'number', number.word, seen);
      const { word } = await other.mmap({ ...wanted, fd: device });
      context.observe(
        'ISO-06',
        'device',
        word,
        `a mapping of the device itself ${outcomePhrase(word)}`,
      );
    },
  },
  {
    id: 'ISO-07/share',
    title: 'how much of a region one process gets',
    requirements: ['ISO-07'],
    needsBounded: true,
    skipsWithout: ['region-size'],
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

/** Looks at new buffers of all sizes and says whether each of their bytes was zero. */
async function observeNew(
  context: CaseContext,
  requirement: string,
  role: string,
  after: string,
  sizes = sizeClasses(context),
): Promise<void> {
  const { word, text } = await scanNewBuffers(context, sizes);
  context.observe(requirement, role, word, `${text}, after ${after}: ${word}`);
}
