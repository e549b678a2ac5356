import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { DeviceCall } from '../buffers/device-ioctl.ts';
import { DmaBuf } from '../buffers/dma-buf.ts';
import type { Delivery } from '../buffers/hardened-ioctl.ts';
import type { ClientProcess } from '../kernel/client-process.ts';
import { around } from './around.ts';
import { defects } from './defect.ts';
import { commitTwice, commitTwiceFor, overCommitting, takeTwice } from './over-commitment.ts';

/** Frees after which a region has grown, or its counter has drifted, by a page. */
const FREES = 100;
/** Collisions of two requests after which a lock is lost. */
const COLLISIONS = 8;
/** Requests of a page that are under way while a region is full. */
const CALLERS = 2;

/** Bugs by which a region holds more than there is, or its books drift away from its pages. */
export const GROWTH_DEFECTS = defects({
  'grows-with-frees': {
    breaks: 'LIF-01 LIF-09',
    summary: 'Each 100th free makes the region larger by a page that it does not have.',
    Region: (Right) =>
      class extends overCommitting(Right) {
        #frees = 0;

        override release(first: number, count: number): void {
          super.release(first, count);
          this.#frees += 1;
          if (this.#frees % FREES === 0) commitTwice(this);
        }
      },
  },
  'munmap-frees-twice': {
    breaks: 'LIF-04',
    summary: 'The last munmap counts a page of its buffer as free twice.',
    Region: overCommitting,
    DmaBuf: (Right) =>
      class extends Right {
        override putMapping(): void {
          if (this.references === 1) commitTwiceFor(this);
          super.putMapping();
        }
      },
  },
  'message-frees-twice': {
    breaks: 'LIF-07',
    summary: 'A buffer in a message that was not received counts a page as free twice.',
    Region: overCommitting,
    DmaBuf: (Right) =>
      class extends Right {
        override put(where: string): void {
          if (where === 'unix_destruct_scm') commitTwiceFor(this);
          super.put(where);
        }
      },
  },
  'kill-frees-twice': {
    breaks: 'LIF-06',
    summary: 'The buffers of a killed process count a page as free twice.',
    Region: overCommitting,
    Kernel: (Right) =>
      class extends Right {
        protected override reap(client: ClientProcess): void {
          const killed = client.ending !== undefined && 'signal' in client.ending;
          for (const file of killed ? client.table.files : []) {
            if (file instanceof DmaBuf) commitTwiceFor(file);
          }
          super.reap(client);
        }
      },
  },
  'refusal-frees-twice': {
    breaks: 'ERR-05',
    summary: 'A buffer whose answer cannot be written counts a page as free twice.',
    Region: overCommitting,
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override takeBack(call: DeviceCall, delivery: Delivery): bigint | ErrnoName {
          commitTwiceFor(delivery.buffer);
          return super.takeBack(call, delivery);
        }
      },
  },
  'full-check-unlocked': {
    breaks: 'CON-01',
    summary: 'Of two that find the region full at once, one gets a page that is taken.',
    Region: overCommitting,
    CmaAllocator: (Right) =>
      class extends Right {
        #callers = 0;

        override *allocate(length: bigint, flags: number): SystemCall<DmaBuf | ErrnoName> {
          const come = (change: 1 | -1): void => {
            this.#callers += change;
          };
          return yield* around(super.allocate(length, flags), 'cma.alloc', function* (pause) {
            come(1);
            yield pause;
            come(-1);
          });
        }
        protected override take(count: number): number | undefined {
          const first = super.take(count);
          if (first !== undefined || count > 1 || this.#callers < CALLERS) return first;
          return takeTwice(this.region);
        }
      },
  },
  'lock-lost-in-race': {
    breaks: 'ISO-04 CON-01',
    summary: 'After some requests met, the region stays busy forever.',
    CmaAllocator: (Right) =>
      class extends Right {
        #callers = 0;
        #collisions = 0;

        override *allocate(length: bigint, flags: number): SystemCall<DmaBuf | ErrnoName> {
          if (this.#collisions >= COLLISIONS) return 'EBUSY';
          const come = (change: 1 | -1): void => {
            this.#callers += change;
            if (this.#callers > 1) this.#collisions += 1;
          };
          return yield* around(super.allocate(length, flags), 'cma.alloc', function* (pause) {
            come(1);
            yield pause;
            come(-1);
          });
        }
      },
  },
  'counter-drifts-down': {
    breaks: 'LIF-01 LIF-09',
    summary: 'Each 100th free is not counted, until the region seems full.',
    Region: (Right) =>
      class extends Right {
        #frees = 0;

        override get freePages(): number {
          return super.freePages - Math.floor(this.#frees / FREES);
        }
        override release(first: number, count: number): void {
          super.release(first, count);
          this.#frees += 1;
        }
      },
  },
  'refusal-stays-counted': {
    breaks: 'LIF-01 LIF-09',
    summary: 'The pages of a request that found no room count as taken.',
    Region: (Right) =>
      class extends Right {
        #counted = 0;

        override get freePages(): number {
          return super.freePages - Math.min(this.#counted, this.pageCount / 2);
        }
        override allocate(count: number, order = 0): number | undefined {
          const first = super.allocate(count, order);
          if (first === undefined) this.#counted += count;
          return first;
        }
      },
  },
});
