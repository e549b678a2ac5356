import { type Client, linux, type Reply, type SlotRef } from '../../adapters/contract/index.ts';

/** Flags of struct dma_buf_sync, include/uapi/linux/dma-buf.h. */
export const SYNC = { read: 1n, write: 2n, both: 3n, end: 4n } as const;

/** DMA_BUF_IOCTL_SYNC with the flags given. */
export function syncFlags(client: Client, fd: SlotRef, flags: bigint): Promise<Reply> {
  const words = BigUint64Array.of(BigInt.asUintN(64, flags));
  const argument = { bytes: new Uint8Array(words.buffer) };
  return client.ioctl({ fd, request: linux.DMA_BUF_IOCTL_SYNC, argument });
}

/** Begins or ends an access of the processor to a buffer. */
export function sync(
  client: Client,
  fd: SlotRef,
  direction: 'read' | 'write',
  moment: 'start' | 'end',
): Promise<Reply> {
  return syncFlags(client, fd, SYNC[direction] | (moment === 'end' ? SYNC.end : 0n));
}
