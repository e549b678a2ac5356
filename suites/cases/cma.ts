import {
  linux,
  type RegionFacts,
  type Reply,
  type SlotRef,
} from '../../adapters/contract/index.ts';
import { type FrameRange, inRanges } from '../../oracles/index.ts';
import type { Case } from '../kit/case.ts';
import { type Allocation, type CaseContext, SUBJECT } from '../kit/context.ts';
import { Crowd, mixedSizes } from '../kit/crowd.ts';
import { fillAndHold, fillOnce } from '../kit/filling.ts';
import { freeBytes } from '../kit/gauge.ts';
import { fillMemoryFile } from '../kit/memory-file.ts';
import { Inconclusive, Skip } from '../kit/observation.ts';
import { framesOfCrowd, pageFramesIfTold, pageFramesOf, regionFrames } from '../kit/page-frames.ts';
import { lengthsThatFit, Neighbours } from '../kit/room.ts';
import { fewSizes, sizeClasses } from '../kit/sizes.ts';
import { askSeveralTimes } from '../kit/tries.ts';

/** Sizes that an order can align, in pages, each asked for behind a single page. */
const ORDER_PAGES = [1n, 2n, 4n, 8n, 16n];
/** Pages of the window in which every other page is freed, and in which two can be scattered. */
const WINDOW_PAGES = 64n;
const WINDOW_PAGES_MIN = 4n;

/** Cases of group `cma`: the memory behind the buffers. */
export const cmaCases: readonly Case[] = [
  {
    id: 'CMA-01/frames',
    title: 'the page frames of a buffer follow each other',
    requirements: ['CMA-01'],
    needs: ['frames'],
    async run(context) {
      for (const sizes of [sizeClasses(context), mixedSizes(context)]) {
        const crowd = new Crowd(context, sizes);
        await crowd.gather();
        for (const frames of await framesOfCrowd(context, crowd)) {
          const [first = 0n] = frames;
          const follows = frames.every((frame, index) => frame === first + BigInt(index));
          const word = follows ? 'contiguous' : 'scattered';
          const detail = `${frames.length} pages from frame ${hex(first)}: ${word}`;
          context.observe('CMA-01', 'frames', word, detail);
        }
        await crowd.release();
      }
    },
  },
  {
    id: 'CMA-02/region',
    title: 'a buffer lies in the region of its device',
    requirements: ['CMA-02'],
    needs: ['frames'],
    async run(context) {
      for (const region of context.facts.regions) {
        const ranges = regionFrames(context.facts, region);
        const device = await openOther(context, region);
        for (const length of fewSizes(context)) {
          const buffer = await context.buffer({ length }, { device });
          const frames = await pageFramesOf(context, buffer, length);
          const inside = frames.every((frame) => inRanges(ranges, frame));
          const word = inside ? 'own-region' : 'other-memory';
          const from = `a buffer of ${region.node} begins at frame ${hex(frames[0] ?? 0n)}`;
          const detail = `${from}, the region is ${spans(ranges)}`;
          context.observe('CMA-02', 'frames', word, detail);
        }
      }
    },
  },
  {
    id: 'CMA-03/frames',
    title: 'buffers that live together share no page frame',
    requirements: ['CMA-03'],
    needs: ['frames'],
    async run(context) {
      const crowd = new Crowd(context, mixedSizes(context));
      await crowd.gather();
      const { size } = new Set((await framesOfCrowd(context, crowd)).flat());
      const word = BigInt(size) === crowd.pages ? 'disjoint' : 'shared';
      const buffers = crowd.members.length;
      const detail = `${buffers} live buffers have ${crowd.pages} pages in ${size} frames`;
      context.observe('CMA-03', 'frames', word, detail);
    },
  },
  {
    id: 'CMA-04/order',
    title: 'a buffer of 2^n pages begins at a multiple of its size',
    requirements: ['CMA-04'],
    needs: ['frames'],
    async run(context) {
      const { page } = context;
      const neighbours = new Neighbours(context);
      const lengths = ORDER_PAGES.map((pages) => pages * page);
      for (const length of lengthsThatFit(context, lengths, page)) {
        const pages = length / page;
        // Without it, every size might follow its like, and be aligned by chance.
        await neighbours.take(page);
        const [first = 0n] = await pageFramesOf(context, await neighbours.take(length), length);
        const word = first % pages === 0n ? 'natural' : 'unnatural';
        context.observe('CMA-04', 'alignment', word, `${pages} pages begin at frame ${hex(first)}`);
      }
    },
  },
  {
    id: 'CMA-05/full',
    title: 'a full region gives out what was freed',
    requirements: ['CMA-05'],
    needsBounded: true,
    async run(context) {
      const length = 4n * context.page;
      await context.buffer({ length });
      const middle = await context.buffer({ length });
      await context.buffer({ length });
      const { failure } = await fillAndHold(context);
      await context.release(middle);
      const { word, tries } = await askSeveralTimes(context, length);
      const detail = `after ${failure}, one of three buffers was freed and asked for again: ${word}`;
      context.observe('CMA-05', 'after-free', word, `${detail} at try ${tries}`);
    },
  },
  {
    id: 'CMA-06/checkerboard',
    title: 'free pages that are not next to each other make no larger buffer',
    requirements: ['CMA-06'],
    needsBounded: true,
    async run(context) {
      const pages = windowPages(context);
      const { singles, frames } = await fullButForWindow(context, pages);
      const closeEach = async (which: (index: number) => boolean): Promise<void> => {
        const chosen = singles.filter((_, index) => which(index));
        await context.runSteps(
          SUBJECT,
          chosen.map((fd) => ({ op: 'close', fd })),
        );
      };
      await closeEach((index) => index % 2 === 0);
      const scattered = await context.allocate({ length: 2n * context.page });
      if (scattered.reply.ok) await mustLieIn(context, scattered, frames);
      const half = `every other of ${singles.length} single pages free, two together`;
      context.observe('CMA-06', 'scattered', scattered.word, `${half}: ${scattered.word}`);
      await context.release(scattered);
      await closeEach((index) => index % 2 === 1);
      const joined = pages / 2n;
      const { word } = await askSeveralTimes(context, joined * context.page);
      context.observe('CMA-06', 'joined', word, `all of them free, ${joined} together: ${word}`);
    },
  },
  {
    id: 'CMA-07/pressure',
    title: 'half of the region can be had under memory pressure',
    requirements: ['CMA-07'],
    needsBounded: true,
    needs: ['memory'],
    skipsWithout: ['region-size'],
    async run(context) {
      const { sizeBytes } = context.region;
      if (sizeBytes === undefined) throw new Skip('the size of the region is not known');
      const length = (sizeBytes / 2n / context.page) * context.page;
      if (length === 0n) throw new Skip('the region has a single page');
      await context.control({ length });
      const { length: used } = await fillMemoryFile(context, 2n * sizeBytes);
      const { word } = await askSeveralTimes(context, length);
      const detail = `${length} bytes with ${used} bytes of files in memory: ${word}`;
      context.observe('CMA-07', 'under-pressure', word, detail);
    },
  },
  {
    id: 'CMA-08/other-region',
    title: 'a full region leaves others alone',
    requirements: ['CMA-08'],
    needsBounded: true,
    skipsWithout: ['several-regions'],
    async run(context) {
      const [, other] = context.facts.regions;
      if (other === undefined) throw new Skip('the target has one region only');
      const fd = await openOther(context, other);
      await context.control();
      await context.control({}, { device: fd });
      const { pages } = await fillAndHold(context);
      const { word } = await context.allocate({}, { device: fd });
      const detail = `${context.region.node} gave ${pages} pages and was full; ${other.node}: ${word}`;
      context.observe('CMA-08', 'other-region', word, detail);
    },
  },
  {
    id: 'CMA-09/gauge',
    title: 'the counter of free memory comes back',
    requirements: ['CMA-09'],
    needs: ['procfs'],
    skipsWithout: ['gauge'],
    async run(context) {
      if (context.region.gauge === undefined)
        throw new Skip('the target shows no gauge of free memory');
      await context.control({ length: 16n * context.page });
      const before = await freeBytes(context);
      const buffer = await context.buffer({ length: 16n * context.page });
      const during = await freeBytes(context);
      await context.release(buffer);
      const after = await freeBytes(context);
      const word = before === after ? 'returned' : 'changed';
      const readings = [before, during, after].map((bytes) => bytes / 1024n).join(', ');
      const detail = `${context.region.gauge} in kB before, with and after 16 pages: ${readings}`;
      context.observe('CMA-09', 'gauge', word, detail);
    },
  },
];

const hex = (frame: bigint): string => `0x${frame.toString(16)}`;
const spans = (ranges: readonly FrameRange[]): string =>
  ranges.map(({ first, last }) => `${hex(first)} to ${hex(last)}`).join(' and ');

async function openOther(context: CaseContext, region: RegionFacts): Promise<Reply> {
  const device = await context.subject.open({ file: region.name, flags: linux.O_RDWR });
  if (!device.ok) throw new Inconclusive(`cannot open ${region.node}: ${device.word}`);
  return device;
}

/** Pages of the window: half of a small region. */
function windowPages({ page, region }: CaseContext): bigint {
  let pages = WINDOW_PAGES;
  while (region.sizeBytes !== undefined && 2n * pages * page > region.sizeBytes) pages /= 2n;
  if (pages >= WINDOW_PAGES_MIN) return pages;
  throw new Skip(`the region has ${region.sizeBytes} bytes, too few for pages to be scattered`);
}

/** A region that is full but for neighbours, each of which is a buffer of one page. */
interface Window {
  readonly singles: readonly SlotRef[];
  /** Where they lie; undefined when the target does not tell. */
  readonly frames: readonly bigint[] | undefined;
}

/** Fills the region so that its last `pages` neighbours are buffers of one page. */
async function fullButForWindow(context: CaseContext, pages: bigint): Promise<Window> {
  const length = pages * context.page;
  const window = await context.buffer({ length });
  const frames = await pageFramesIfTold(context, window, length);
  await fillAndHold(context);
  await context.release(window);
  const { count } = await fillOnce(context, 'single', context.page, pages);
  if (count !== pages) {
    throw new Inconclusive(`blocked: only ${count} of ${pages} freed pages came back`);
  }
  const singles = Array.from({ length: Number(count) }, (_, index) =>
    context.descriptorIn(`single[${index}]`),
  );
  return { singles, frames };
}

/**
 * Behind a region may be more memory than it gives out: then it is full by its quota, and pages
 * that are free elsewhere make a larger buffer rightly.
 *
 * @throws {@link Inconclusive} unless a buffer of two pages has them from the window
 */
async function mustLieIn(
  context: CaseContext,
  buffer: Allocation,
  window: readonly bigint[] | undefined,
): Promise<void> {
  const full = 'blocked: the region may be full by a quota and not by its memory';
  if (window === undefined) throw new Inconclusive(`${full}: it does not show its page frames`);
  const frames = await pageFramesOf(context, buffer, 2n * context.page);
  if (frames.every((frame) => window.includes(frame))) return;
  throw new Inconclusive(`${full}: a buffer of two pages lies where no page was freed`);
}
