import { linux, outcomePhrase } from '../../adapters/contract/index.ts';
import { commandOf } from '../../catalogue/abi-request.ts';
import type { Case } from '../kit/case.ts';
import { eachBit, observeEachChange } from '../kit/each-change.ts';
import { Skip } from '../kit/observation.ts';

const { IOC_DIRSHIFT, IOC_NONE, IOC_READ, IOC_SIZEMASK, IOC_SIZESHIFT, IOC_WRITE } = linux;

/** Cases of group `ioctl`: the number of the command, and what it returns. */
export const ioctlCases: readonly Case[] = [
  {
    id: 'IOC-01/valid',
    title: 'the command allocates and returns 0',
    requirements: ['IOC-01', 'IOC-06'],
    async run(context) {
      const { reply, word } = await context.attempt();
      const request = `0x${commandOf(context.abi).toString(16)}`;
      context.observe('IOC-01', 'command', word, `ioctl ${request} ${outcomePhrase(word)}`);
      if (!reply.ok) return;
      const result = reply.value === 0n ? 'zero' : 'not-zero';
      context.observe('IOC-06', 'result', result, `a successful ioctl returned ${reply.value}`);
    },
  },
  {
    id: 'IOC-02/unknown-nr',
    title: 'an unknown nr is refused',
    requirements: ['IOC-02'],
    async run(context) {
      const changes = [...eachBit(8), 255n].map((nr) => ({
        name: `nr ${nr}`,
        options: { request: commandOf(context.abi) | nr },
      }));
      await observeEachChange(context, 'IOC-02', 'unknown-nr', changes);
    },
  },
  {
    id: 'IOC-03/other-type',
    title: 'another type is refused',
    requirements: ['IOC-03'],
    async run(context) {
      const changes = eachBit(8).map((bit) => ({
        name: `type bit 0x${bit.toString(16)}`,
        options: { request: commandOf(context.abi) ^ (bit << 8n) },
      }));
      await observeEachChange(context, 'IOC-03', 'other-type', changes);
    },
  },
  {
    id: 'IOC-04/direction',
    title: 'other direction bits are refused',
    requirements: ['IOC-04'],
    async run(context) {
      const both = (IOC_READ | IOC_WRITE) << IOC_DIRSHIFT;
      const bare = commandOf(context.abi) & ~both;
      const changes = [IOC_NONE, IOC_READ, IOC_WRITE].map((direction) => ({
        name: `direction bits ${direction}`,
        options: { request: bare | (direction << IOC_DIRSHIFT) },
      }));
      await observeEachChange(context, 'IOC-04', 'other-direction', changes);
    },
  },
  {
    id: 'IOC-05/size',
    title: 'other sizes are refused',
    requirements: ['IOC-05'],
    async run(context) {
      const own = context.abi.command.size;
      const bare = commandOf(context.abi) & ~(IOC_SIZEMASK << IOC_SIZESHIFT);
      const sizes = [0, 8, own - 8, own - 1, own + 1, own + 8, Number(IOC_SIZEMASK)];
      const changes = sizes.map((size) => ({
        name: `size ${size}`,
        options: { request: bare | (BigInt(size) << IOC_SIZESHIFT), size },
      }));
      await observeEachChange(context, 'IOC-05', 'other-size', changes);
    },
  },
  {
    id: 'IOC-07/compat',
    title: 'a 32-bit program can allocate',
    requirements: ['IOC-07'],
    needsCompat: true,
    async run(context) {
      const { word } = await context.attempt();
      const detail = `the valid request of a 32-bit program ${outcomePhrase(word)}`;
      context.observe('IOC-07', 'command', word, detail);
    },
  },
  {
    id: 'IOC-08/upper-bits',
    title: 'bits above the 32nd do not count',
    requirements: ['IOC-08'],
    skipsWithout: ['64-bit-programs'],
    async run(context) {
      if (context.facts.pointerBytes < 8) throw new Skip('the caller’s words have 32 bits');
      await context.control();
      for (const bits of [1n << 32n, 1n << 63n, 0xffffffffn << 32n]) {
        const request = commandOf(context.abi) | bits;
        const buffer = await context.allocate({}, { request });
        const detail = `ioctl 0x${request.toString(16)} ${outcomePhrase(buffer.word)}`;
        context.observe('IOC-08', 'upper-bits', buffer.word, detail);
        await context.release(buffer);
      }
    },
  },
  {
    id: 'IOC-09/on-buffer',
    title: 'a buffer does not allocate',
    requirements: ['IOC-09'],
    async run(context) {
      const { fd } = await context.buffer();
      const { word } = await context.allocate({}, { device: fd });
      context.observe(
        'IOC-09',
        'on-buffer',
        word,
        `the command on a buffer ${outcomePhrase(word)}`,
      );
    },
  },
];
