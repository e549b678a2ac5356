import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { Grant } from '../buffers/allocator.ts';
import type { DeviceCall } from '../buffers/device-ioctl.ts';
import { DmaBuf } from '../buffers/dma-buf.ts';
import type { Delivery, HardenedIoctl } from '../buffers/hardened-ioctl.ts';
import type { Region } from '../buffers/region.ts';
import { type AllocateRequest, LENGTH_OFFSET } from '../buffers/request.ts';
import type { OpenFile } from '../kernel/open-file.ts';
import { around } from './around.ts';
import { defects } from './defect.ts';

/**
 * Makes the descriptor visible before the answer is written, and then does more: in one request of
 * so many, for as many turns, so that who comes in that request surely sees it.
 */
const installedEarly =
  (then: (delivery: Delivery) => void, odds = 1) =>
  (Right: typeof HardenedIoctl): typeof HardenedIoctl =>
    class extends Right {
      #requests = 0;

      protected override *deliver(
        call: DeviceCall,
        request: AllocateRequest,
        delivery: Delivery,
      ): SystemCall<bigint | ErrnoName> {
        this.#requests += 1;
        if (this.#requests % odds === 0) {
          call.caller.table.install(delivery.descriptor, delivery.buffer);
          for (let turn = 0; turn < odds; turn += 1) yield 'sa.fd-installed';
          then(delivery);
        }
        return yield* super.deliver(call, request, delivery);
      }
    };

/** The buffer is used after its descriptor is visible, in one request of so many. */
const usedAfterInstalled = (odds: number): ReturnType<typeof installedEarly> =>
  installedEarly(({ buffer }) => buffer.alive('sa_ioctl'), odds);

/** How many callers look for room in a region just now. */
const searching = new WeakMap<Region, number>();

function countSearching(region: Region, change: 1 | -1): void {
  searching.set(region, (searching.get(region) ?? 0) + change);
}

/** Bugs that show only when several things happen at once. */
export const RACE_DEFECTS = defects({
  'double-fetch': {
    breaks: 'CON-04',
    summary: 'The length that is reported was read again after the allocation.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override lengthTold(
          { argument }: DeviceCall,
          _request: AllocateRequest,
          { pages }: DmaBuf,
        ): bigint {
          const bytes = argument.copyIn(8, LENGTH_OFFSET) ?? new Uint8Array(8);
          const again = new DataView(bytes.buffer).getBigUint64(0, true);
          const pageBytes = BigInt(pages.region.store.pageBytes);
          return BigInt.asUintN(64, ((again + pageBytes - 1n) / pageBytes) * pageBytes);
        }
      },
  },
  'static-zeroing-range': {
    breaks: 'ISO-04',
    summary: 'One variable for all says which pages are to be zeroed.',
    CmaAllocator: (Right) =>
      class extends Right {
        /** Enough until two come at once. */
        #range: Grant | undefined;

        protected override *prepare(grant: Grant): SystemCall<DmaBuf> {
          const setRange = (): void => {
            this.#range = grant;
          };
          return yield* around(super.prepare(grant), 'cma.allocated', function* (pause) {
            yield pause;
            setRange();
            yield 'cma.clearing';
          });
        }
        protected override clear(grant: Grant): void {
          super.clear(this.#range ?? grant);
        }
      },
  },
  'region-search-unlocked': {
    breaks: 'CON-01',
    summary: 'Two that look for room at once find the same pages.',
    inParallel: true,
    Region: (Right) =>
      class extends Right {
        protected override lock(): void {}
        protected override unlock(): void {}
      },
    CmaAllocator: (Right) =>
      class extends Right {
        protected override *prepare(grant: Grant): SystemCall<DmaBuf> {
          this.region.release(grant.first, grant.count);
          yield 'cma.found';
          this.region.mark(grant.first, grant.count, true);
          return yield* super.prepare(grant);
        }
        /** Threads that run at the same time mark their pages only when these are cleared. */
        protected override clear(grant: Grant): void {
          this.region.release(grant.first, grant.count);
          super.clear(grant);
          this.region.mark(grant.first, grant.count, true);
        }
      },
  },
  'number-chosen-early': {
    breaks: 'CON-01',
    summary: 'Two allocations at once choose the same descriptor.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override *deliver(
          call: DeviceCall,
          request: AllocateRequest,
          delivery: Delivery,
        ): SystemCall<bigint | ErrnoName> {
          const { closesOnExec, descriptor } = delivery;
          const { table } = call.caller;
          table.unreserve(descriptor);
          yield 'sa.number-chosen';
          // Whoever has it by now loses it.
          table.unreserve(descriptor);
          table.reserve(descriptor + 1, closesOnExec, descriptor);
          return yield* super.deliver(call, request, delivery);
        }
      },
  },
  'static-answer': {
    breaks: 'CON-01',
    summary: 'The answer is kept in one variable for all until it is copied.',
    HardenedIoctl: (Right) =>
      class extends Right {
        #answer: Uint8Array = new Uint8Array(0);

        protected override answerBytes(request: AllocateRequest): Uint8Array {
          this.#answer = super.answerBytes(request);
          return this.#answer;
        }
        protected override finish(call: DeviceCall, delivery: Delivery): bigint | ErrnoName {
          return super.finish(call, delivery, this.#answer);
        }
      },
  },
  'install-before-answer': {
    breaks: 'CON-02',
    summary: 'The buffer is used after its descriptor is visible.',
    HardenedIoctl: usedAfterInstalled(1),
  },
  'install-early-1-in-8': {
    breaks: 'CON-02',
    summary: 'In one request of 8 the buffer is used after its descriptor is visible.',
    HardenedIoctl: usedAfterInstalled(8),
  },
  'install-early-1-in-16': {
    breaks: 'CON-02',
    summary: 'In one request of 16 the buffer is used after its descriptor is visible.',
    HardenedIoctl: usedAfterInstalled(16),
  },
  'install-early-1-in-32': {
    breaks: 'CON-02',
    summary: 'In one request of 32 the buffer is used after its descriptor is visible.',
    HardenedIoctl: usedAfterInstalled(32),
  },
  'efault-takes-back': {
    breaks: 'CON-03',
    summary: 'A visible descriptor is taken back when the answer faults.',
    HardenedIoctl: installedEarly(() => {}),
  },
  'close-not-atomic': {
    breaks: 'CON-05',
    summary: 'Two threads can close one descriptor of a buffer.',
    HANDLERS: (right) => ({
      ...right,
      close: (call) => {
        const { table } = call.client;
        const descriptor = call.int('fd');
        const file = table.at(descriptor);
        if (!(file instanceof DmaBuf)) return right.close(call);
        return around(right.close(call), 'close.detached', function* (pause) {
          table.replace(descriptor, file, false);
          yield pause;
          table.unreserve(descriptor);
        });
      },
    }),
  },
  'mmap-without-reference': {
    breaks: 'CON-05',
    summary: 'mmap holds no reference to the buffer that it maps.',
    KernelCall: (Right) =>
      class extends Right {
        override fget(file: OpenFile): void {
          if (!this.#mapsBuffer(file)) super.fget(file);
        }
        override fput(file: OpenFile): void {
          if (!this.#mapsBuffer(file)) super.fput(file);
        }
        #mapsBuffer(file: OpenFile): boolean {
          return this.operation.op === 'mmap' && file instanceof DmaBuf;
        }
      },
  },
  'fork-during-call-leaks': {
    breaks: 'CON-06',
    summary: 'Forking while a call is under way leaks references.',
    HANDLERS: (right) => ({
      ...right,
      fork: (call) => {
        const reply = right.fork(call);
        const child = call.kernel.client(call.operation.client as string);
        if (typeof reply !== 'bigint' || call.client.callsInside < 2) return reply;
        for (const file of child?.table.files ?? []) {
          if (file instanceof DmaBuf) file.hold('dup_fd');
        }
        return reply;
      },
    }),
  },
  'free-trylock': {
    breaks: 'CON-01 CON-09',
    summary: 'Pages freed while others look for room are lost.',
    CmaAllocator: (Right) =>
      class extends Right {
        override *allocate(length: bigint, flags: number): SystemCall<DmaBuf | ErrnoName> {
          const { region } = this;
          return yield* around(super.allocate(length, flags), 'cma.alloc', function* (pause) {
            countSearching(region, 1);
            yield pause;
            countSearching(region, -1);
          });
        }
      },
    Region: (Right) =>
      class extends Right {
        override release(first: number, count: number): void {
          if ((searching.get(this) ?? 0) === 0) super.release(first, count);
        }
      },
  },
});
