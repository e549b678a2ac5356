/** Buffers that lose their pages too early, or never, because of something outside of them. */
import type { ErrnoName } from '../../contract/errno.ts';
import type { DmaBuf } from '../buffers/dma-buf.ts';
import { failed } from '../kernel/errno.ts';
import type { Backing } from '../kernel/open-file.ts';

const leaked = new WeakSet<DmaBuf>();
const revoked = new WeakSet<DmaBuf>();

/** Makes the pages of a {@link leaky} buffer stay taken for ever. */
export function leak(buffer: DmaBuf): void {
  leaked.add(buffer);
}

/** Buffers that {@link leak} works on. */
export const leaky = (Right: typeof DmaBuf): typeof DmaBuf =>
  class extends Right {
    override freePages(): void {
      if (!leaked.has(this)) super.freePages();
    }
  };

/** Takes a {@link revocable} buffer away from whoever still has it. */
export function revoke(buffer: DmaBuf): void {
  revoked.add(buffer);
  buffer.freePages();
}

/** Buffers that {@link revoke} works on. */
export const revocable = (Right: typeof DmaBuf): typeof DmaBuf =>
  class extends Right {
    override map(first: number, count: number): Backing | ErrnoName {
      if (revoked.has(this)) return 'ENODEV';
      const backing = super.map(first, count);
      if (failed(backing)) return backing;
      const resolve: Backing['resolve'] = (page) =>
        revoked.has(this) ? 'SIGBUS' : backing.resolve(page);
      return { ...backing, resolve };
    }
  };
