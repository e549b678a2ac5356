import type { ErrnoName } from '../../contract/errno.ts';
import type { DeviceCall } from '../buffers/device-ioctl.ts';
import { DmaBuf } from '../buffers/dma-buf.ts';
import type { Delivery } from '../buffers/hardened-ioctl.ts';
import type { ClientProcess } from '../kernel/client-process.ts';
import { defects } from './defect.ts';
import { leak, leaky } from './ownership.ts';

/** Counts up to a turn, over all buffers of a machine. */
function everyTurn(turn: number): () => boolean {
  let count = 0;
  return () => {
    count += 1;
    return count % turn === 0;
  };
}

/** Buffers that leak now and then: how seldom is what makes them hard to see. */
export const RARE_LEAK_DEFECTS = defects({
  'leak-each-100th-buffer': {
    breaks: 'LIF-01 LIF-09',
    summary: 'Each 100th buffer is never freed.',
    inParallel: true,
    DmaBuf: (Right) =>
      class extends Right {
        override freePages(): void {
          if (this.inode % 100 !== 0) super.freePages();
        }
      },
  },
  'leak-each-200th-munmap': {
    breaks: 'LIF-04',
    summary: 'Each 200th buffer that only a mapping had is never freed.',
    DmaBuf: (Right) => {
      const isDue = everyTurn(200);
      return class extends leaky(Right) {
        override putMapping(): void {
          if (this.references === 1 && isDue()) leak(this);
          super.putMapping();
        }
      };
    },
  },
  'leak-each-50th-duplicate': {
    breaks: 'LIF-14',
    summary: 'Each 50th close of a buffer with two descriptors loses it.',
    DmaBuf: (Right) => {
      const isDue = everyTurn(50);
      return class extends leaky(Right) {
        override flush(): void {
          if (this.references - this.mappings > 1 && isDue()) leak(this);
          super.flush();
        }
      };
    },
  },
  'leak-each-32nd-kill': {
    breaks: 'LIF-06',
    summary: 'Each 32nd killed process keeps its buffers.',
    DmaBuf: leaky,
    Kernel: (Right) => {
      const isDue = everyTurn(32);
      return class extends Right {
        protected override reap(client: ClientProcess): void {
          const killed = client.ending !== undefined && 'signal' in client.ending;
          const files = client.table.files.filter((file) => file instanceof DmaBuf);
          if (killed && files.length > 0 && isDue()) for (const file of files) leak(file);
          super.reap(client);
        }
      };
    },
  },
  'leak-each-64th-message': {
    breaks: 'LIF-07',
    summary: 'Each 64th buffer in a message that was not received is never freed.',
    DmaBuf: (Right) => {
      const isDue = everyTurn(64);
      return class extends leaky(Right) {
        override put(where: string): void {
          if (where === 'unix_destruct_scm' && isDue()) leak(this);
          super.put(where);
        }
      };
    },
  },
  'leak-each-250th-refusal': {
    breaks: 'ERR-05',
    summary: 'Each 250th buffer whose answer cannot be written is never freed.',
    DmaBuf: leaky,
    HardenedIoctl: (Right) => {
      const isDue = everyTurn(250);
      return class extends Right {
        protected override takeBack(call: DeviceCall, delivery: Delivery): bigint | ErrnoName {
          if (isDue()) leak(delivery.buffer);
          return super.takeBack(call, delivery);
        }
      };
    },
  },
  'leak-each-128th-device': {
    breaks: 'LIF-02',
    summary: 'Each 128th device that is closed before its buffer keeps that buffer.',
    DmaBuf: leaky,
    DeviceFile: (Right) => {
      const isDue = everyTurn(128);
      return class extends Right {
        #buffer: DmaBuf | undefined;

        protected override onBuffer(buffer: DmaBuf): void {
          this.#buffer = buffer;
          super.onBuffer(buffer);
        }
        protected override release(): void {
          super.release();
          if (this.#buffer?.freed === false && isDue()) leak(this.#buffer);
        }
      };
    },
  },
});
