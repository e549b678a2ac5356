import { type Client, linux, type Reply, type SlotRef } from '../../adapters/contract/index.ts';

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
  const flags = direction === 'read' ? linux.DMA_BUF_SYNC_READ : linux.DMA_BUF_SYNC_WRITE;
  return syncFlags(client, fd, flags | (moment === 'end' ? linux.DMA_BUF_SYNC_END : 0n));
}
