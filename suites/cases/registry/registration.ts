import { linux, type Operation, outcomePhrase } from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import { contentsWord, overwriteNewBuffers, stamp } from '../../kit/contents.ts';
import { SUBJECT } from '../../kit/context.ts';
import { Inconclusive } from '../../kit/observation.ts';
import {
  HAS_ALLOCATE,
  HAS_OWNER,
  MINORS,
  NAME_BYTES_MAX,
  NODE_FAILS,
  type Registrar,
} from '../../kit/registrar.ts';
import { mustUnregister, registryCase, unchanged } from './registry-case.ts';

const incomplete: readonly Case[] = [
  ['no-name', 'name', '', HAS_ALLOCATE | HAS_OWNER],
  ['no-allocate', 'allocate function', 'allocert', HAS_OWNER],
].map(([id, what, name, flags]) =>
  registryCase({
    id: `REG-01/${id}`,
    title: `an allocator without a ${what} is refused`,
    requirements: ['REG-01'],
    async act(context, registrar) {
      await registrar.device();
      const before = await registrar.listing();
      const { word } = await registrar.register(String(name), Number(flags));
      const detail = `a registration without a ${what} ${outcomePhrase(word)}`;
      context.observe('REG-01', 'refusal', word, detail);
      const after = unchanged(before, await registrar.listing());
      context.observe('REG-01', 'devices', after.word, `after that ${after.detail}`);
    },
  }),
);

/** Allocators that are registered and unregistered, one after the other. */
export const registrationCases: readonly Case[] = [
  ...incomplete,
  registryCase({
    id: 'REG-01/name',
    title: 'a device bears the name that was registered',
    requirements: ['REG-01'],
    async act(context, registrar) {
      for (const name of ['allocert', 'n'.repeat(NAME_BYTES_MAX)]) {
        const minor = await registrar.device(name);
        const lines = await registrar.listing();
        const named = lines.some((line) => line.startsWith(`${name}${minor} `));
        const detail = `"${name}" with minor ${minor} gave ${lines.join(', ')}`;
        context.observe('REG-01', 'name', named ? 'as-registered' : 'other-name', detail);
      }
    },
  }),
  registryCase({
    id: 'REG-02/no-owner',
    title: 'an allocator without an owner is refused',
    requirements: ['REG-02'],
    async act(context, registrar) {
      await registrar.device();
      const { word } = await registrar.register('allocert', HAS_ALLOCATE);
      context.observe(
        'REG-02',
        'refusal',
        word,
        `a registration without an owner ${outcomePhrase(word)}`,
      );
    },
  }),
  registryCase({
    id: 'REG-10/null',
    title: 'unregistering NULL does nothing',
    requirements: ['REG-10'],
    async act(context, registrar) {
      await registrar.device();
      const before = await registrar.listing();
      const word = await registrar.unregister(undefined);
      context.observe('REG-10', 'result', word, `unregistering NULL ${outcomePhrase(word)}`);
      const after = unchanged(before, await registrar.listing());
      context.observe('REG-10', 'devices', after.word, `after that ${after.detail}`);
    },
  }),
  registryCase({
    id: 'REG-11/node-fails',
    title: 'a registration whose node cannot be made is undone',
    requirements: ['REG-11'],
    async act(context, registrar) {
      await registrar.device();
      const before = await registrar.listing();
      const opened = await openable(registrar);
      const { word } = await registrar.register('allocert', HAS_ALLOCATE | HAS_OWNER | NODE_FAILS);
      context.observe(
        'REG-11',
        'refusal',
        word,
        `a registration without a node ${outcomePhrase(word)}`,
      );
      const after = unchanged(before, await registrar.listing());
      context.observe('REG-11', 'devices', after.word, `after that ${after.detail}`);
      const numbers = unchanged(opened, await openable(registrar, before));
      context.observe('REG-11', 'numbers', numbers.word, `of the next minors, ${numbers.detail}`);
    },
  }),
  registryCase({
    id: 'REG-11/many',
    title: 'registrations that fail cost no minor',
    requirements: ['REG-11'],
    async act(context, registrar) {
      await registrar.device();
      const body = [registrar.registerStep('allocert', HAS_ALLOCATE | HAS_OWNER | NODE_FAILS)];
      const repeat: Operation = { op: 'repeat', times: BigInt(MINORS), stop: 'success', body };
      const [result] = (await context.runSteps(SUBJECT, [repeat])).threads[0] ?? [];
      const { word } = registrar.note(result?.steps?.[0]?.last);
      context.observe(
        'REG-11',
        'refusal',
        word,
        `a registration without a node ${outcomePhrase(word)}`,
      );
      const next = await registrar.register();
      const detail = `a registration after ${MINORS} that failed ${outcomePhrase(next.word)}`;
      context.observe('REG-11', 'after', next.word, detail);
    },
  }),
  registryCase({
    id: 'REG-06/open-descriptor',
    title: 'a descriptor outlives its device safely',
    requirements: ['REG-06'],
    async act(context, registrar) {
      const minor = await registrar.device();
      const device = await registrar.opened(minor);
      await context.control({}, { device });
      await mustUnregister(registrar, minor);
      const buffer = await context.allocate({}, { device });
      if (buffer.word === 'ENOMEM') throw new Inconclusive('blocked: an allocation got no memory');
      const detail = `an allocation through a device that is gone ${outcomePhrase(buffer.word)}`;
      context.observe('REG-06', 'ioctl', buffer.word, detail);
      await context.release(buffer);
      await context.subject.close({ fd: device });
    },
  }),
  registryCase({
    id: 'REG-07/live-buffer',
    title: 'a buffer outlives its device',
    requirements: ['REG-07'],
    async act(context, registrar) {
      const { page, subject } = context;
      const minor = await registrar.device();
      const device = await registrar.opened(minor);
      const buffer = await context.buffer({}, { device });
      const early = await context.map(buffer, page);
      await stamp(context, buffer, page, 0x5a);
      await mustUnregister(registrar, minor);
      await overwriteNewBuffers(context);
      const mapped = await contentsWord(subject, early, page, 0x5a);
      context.observe('REG-07', 'pattern', mapped, `a mapping outlived its device: ${mapped}`);
      const { fd } = buffer;
      const { PROT_READ: protection, MAP_SHARED: flags } = linux;
      const late = await subject.mmap({ length: page, protection, flags, fd });
      const word = late.ok ? await contentsWord(subject, late, page, 0x5a) : late.word;
      context.observe('REG-07', 'pattern', word, `a buffer mapped after its device went: ${word}`);
    },
  }),
];

/** Those of the minors that a registration may get next which can be opened already. */
async function openable(
  registrar: Registrar,
  listed?: readonly string[],
): Promise<readonly string[]> {
  const minors = await registrar.nextMinors(listed);
  const opened: string[] = [];
  for (const minor of minors) {
    if ((await registrar.open(minor)).ok) opened.push(String(minor));
  }
  return opened;
}
