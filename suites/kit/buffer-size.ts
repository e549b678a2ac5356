/** The size of a buffer, as each way to ask for it tells it. */
import { linux, textOfBytes } from '../../adapters/contract/index.ts';
import { fieldOf, readField } from '../../catalogue/abi-request.ts';
import type { Allocation, CaseContext } from './context.ts';

/** Observes LEN-04: sizes as request, fdinfo and status give them, against lseek's. */
export async function observeEverySize(context: CaseContext, buffer: Allocation): Promise<void> {
  const { fd } = buffer;
  const { value: end } = await context.subject.lseek({ fd, offset: 0n, whence: linux.SEEK_END });
  const see = (role: string, size: bigint | undefined): void => {
    const word = size === undefined ? 'absent' : size === end ? 'same' : 'other';
    context.observe('LEN-04', role, word, `lseek(SEEK_END) says ${end}, ${role} says ${size}`);
  };
  if (fieldOf(context.abi, 'length').output === true) {
    see('reported', context.fieldAfter(buffer, 'length'));
  }
  const status = await context.subject.fstat({ fd });
  const size = readField(status.out, { offset: 8, width: 8 });
  // Before Linux 5.3 every dma-buf had the same inode, whose size was 0.
  see('stat', size === 0n ? undefined : size);
  if (!context.facts.capabilities.includes('procfs')) return;
  const { out } = await context.subject.readfile({ document: '/proc/self/fdinfo', fd });
  see('fdinfo', sizeInFdinfo(out));
}

/** The size in bytes that fdinfo shows of a buffer; undefined where it shows none. */
export function sizeInFdinfo(out: Uint8Array): bigint | undefined {
  const line = /^size:\s+(\d+)$/m.exec(textOfBytes(out))?.[1];
  return line === undefined ? undefined : BigInt(line);
}

/** How a size relates to the length that was asked for, in one word. */
export function sizeWord({ page }: CaseContext, size: bigint, asked: bigint): string {
  const smallest = ((asked + page - 1n) / page) * page;
  if (size === smallest) return 'page-multiple';
  return size > smallest && size % page === 0n ? 'larger-multiple' : 'other';
}

/** Observes the size of a buffer against the length that was asked for, by LEN-02 and LEN-03. */
export async function observeSize(
  context: CaseContext,
  buffer: Allocation,
  asked: bigint,
): Promise<void> {
  const { value: end } = await buffer.client.lseek({
    fd: buffer.fd,
    offset: 0n,
    whence: linux.SEEK_END,
  });
  const word = (size: bigint): string => sizeWord(context, size, asked);
  const told = `asked for ${asked} bytes,`;
  const atLeast = end >= asked ? 'at-least' : 'smaller';
  context.observe('LEN-02', 'size', atLeast, `${told} lseek(SEEK_END) says ${end}`);
  context.observe('LEN-03', 'end', word(end), `${told} lseek(SEEK_END) says ${end}`);
  if (fieldOf(context.abi, 'length').output === true) {
    const reported = context.fieldAfter(buffer, 'length');
    context.observe(
      'LEN-03',
      'reported',
      word(reported),
      `${told} length came back as ${reported}`,
    );
  }
}
