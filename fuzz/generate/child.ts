import type { Thread } from '../../adapters/contract/index.ts';
import type { GeneratorContext } from './scenario.ts';
import { ThreadWriter } from './thread-writer.ts';
import type { TrackedBuffer } from './tracked-buffer.ts';

/** The client that inherits what another one had when it forked. */
export const CHILD = 'child';

/**
 * The Programs of parent and child after the fork: the parent writes something new through the
 * mapping that both have, the child must see it; then each of them looks at everything that was
 * left open, and drops it, the child first.
 */
export function inheriting(
  context: GeneratorContext,
  parent: string,
  held: readonly TrackedBuffer[],
): readonly Thread[][] {
  const writes = new ThreadWriter(context, 'new');
  const sees = new ThreadWriter(context, 'old');
  for (const { buffer } of held) {
    writes.stamp(buffer, writes.slot());
    sees.check(buffer);
  }
  for (const { buffer, messages } of held) {
    for (const slot of messages) receive(sees, slot, buffer);
  }
  return [
    [{ client: parent, operations: writes.operations }],
    [{ client: CHILD, operations: sees.operations }],
    ...[CHILD, parent].map((client) => [dropping(context, held, client)]),
  ];
}

/** Takes a buffer out of a message that the parent has sent. */
function receive(writer: ThreadWriter, messages: string, buffer: TrackedBuffer['buffer']): void {
  const slot = writer.slot();
  writer.add({ op: 'recvfd', slot, fd: { slot: messages, offset: 4, width: 4, signed: true } });
  const copy = { ...buffer };
  writer.map(copy, { slot });
  writer.check(copy);
  writer.unmap(copy);
  writer.add({ op: 'close', fd: { slot } });
}

function dropping(
  context: GeneratorContext,
  held: readonly TrackedBuffer[],
  client: string,
): Thread {
  const writer = new ThreadWriter(context, client);
  for (const { buffer, open } of held) {
    if (!open) continue;
    const copy = { ...buffer };
    writer.map(copy);
    writer.check(copy);
    writer.close(copy);
    writer.unmap(copy);
  }
  return { client, operations: writer.operations };
}
