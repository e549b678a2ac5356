/** Preemption points: recorded schedules repeat while their names and order stay as they are. */
import t from 'tap';
import { Random } from '../../../adapters/interpreter/random.ts';
import { UserArgument } from '../../../adapters/interpreter/user-argument.ts';
import { SA_IOC_ALLOC } from '../../../adapters/simulator/buffers/request.ts';
import { RfcIoctl } from '../../../adapters/simulator/buffers/rfc-ioctl.ts';
import { type DefectName, partsWith } from '../../../adapters/simulator/defects/all.ts';
import { around } from '../../../adapters/simulator/defects/around.ts';
import type { Parts } from '../../../adapters/simulator/defects/parts.ts';
import { DescriptorTable } from '../../../adapters/simulator/kernel/descriptor-table.ts';
import { KernelLog } from '../../../adapters/simulator/kernel/kernel-log.ts';
import { PAGE, request } from './machine.ts';

const PAGE_BYTES = Number(PAGE);

/** The points of one allocation of two pages, and what it returned. */
function pointsOf(parts: Parts, Ioctl: typeof parts.HardenedIoctl | typeof RfcIoctl): string[] {
  const log = new KernelLog();
  const region = new parts.Region(16 * PAGE_BYTES, PAGE_BYTES);
  const allocator = new parts.CmaAllocator({
    ...{ region, regions: [region], log, zeroing: true, orderMax: 8, DmaBuf: parts.DmaBuf },
    unlucky: () => false,
    nextInode: () => 1,
    work: () => {},
  });
  const bytes = request({ length: 2n * PAGE });
  const argument = UserArgument.place({ bytes }, PAGE_BYTES, new Random(0n));
  if (argument === undefined) throw new Error('the argument has no place');
  const caller = { table: new DescriptorTable(), descriptorLimit: 8, pointerBytes: 8 } as const;
  const steps = new Ioctl({ allocator, rules: new parts.RequestRules(), log }).answer({
    ...{ request: SA_IOC_ALLOC, argument, caller },
    onBuffer: () => {},
  });
  const points: string[] = [];
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return [...points, String(step.value)];
    points.push(String(step.value));
  }
}

const hardened = (...names: DefectName[]): string => {
  const parts = partsWith(new Set(names));
  return pointsOf(parts, parts.HardenedIoctl).join(' ');
};

t.test('an allocation may be preempted at these points', async (t) => {
  t.equal(hardened(), 'sa.copied-in cma.alloc cma.allocated sa.before-copy-out 0');
  t.equal(
    pointsOf(partsWith(new Set()), RfcIoctl).join(' '),
    'sa.copied-in cma.alloc cma.allocated sa.fd-installed sa.before-copy-out 0',
  );
});

t.test('a race is a point more, at its place', async (t) => {
  for (const [name, points] of [
    ['region-search-unlocked', 'sa.copied-in cma.alloc cma.found cma.allocated sa.before-copy-out'],
    [
      'static-zeroing-range',
      'sa.copied-in cma.alloc cma.allocated cma.clearing sa.before-copy-out',
    ],
    [
      'number-chosen-early',
      'sa.copied-in cma.alloc cma.allocated sa.number-chosen sa.before-copy-out',
    ],
    [
      'install-before-answer',
      'sa.copied-in cma.alloc cma.allocated sa.fd-installed sa.before-copy-out',
    ],
    [
      'zeroes-after-install',
      'sa.copied-in cma.alloc cma.allocated sa.before-copy-out cma.clearing-late cma.clearing-late',
    ],
  ] as const) {
    t.equal(hardened(name), `${points} 0`, name);
  }
  t.equal(
    hardened('region-search-unlocked', 'static-zeroing-range'),
    'sa.copied-in cma.alloc cma.found cma.allocated cma.clearing sa.before-copy-out 0',
    'two at once',
  );
});

t.test('a defect gets in at a point by its name, and only there', async (t) => {
  function* right() {
    yield 'one';
    yield 'two';
    return 3;
  }
  const steps = around(right(), 'two', function* (pause) {
    yield 'before';
    yield pause;
  });
  const points: unknown[] = [];
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) points.push(step.value);
  t.strictSame(points, ['one', 'before', 'two']);
  t.equal(step.value, 3);
  t.strictSame(around('EBADF', 'two', function* () {}).next(), { done: true, value: 'EBADF' });
});
