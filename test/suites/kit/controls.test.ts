/**
 * Every verdict has its control. On a target where nothing can be had, whatever it fails with, no
 * case may accuse it of anything but that: a request that was never seen to work cannot have been
 * refused for the reason that a case is about.
 */
import t from 'tap';
import type { Adapter, ErrnoName, Session } from '../../../adapters/contract/index.ts';
import { NameTable } from '../../../adapters/contract/names.ts';
import { execute } from '../../../adapters/interpreter/execution.ts';
import { SlotResults } from '../../../adapters/interpreter/slots.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { type Parts, RIGHT } from '../../../adapters/simulator/defects/parts.ts';
import { SimulatedMachine } from '../../../adapters/simulator/machine.ts';
import { parseSimulatorUrl } from '../../../adapters/simulator/options.ts';
import type { Verdict } from '../../../reports/record/record.ts';
import { runSuites } from '../../../suites/index.ts';

/** A simulator with other parts; its facts are those of `sim:`. */
function simulatorWith(url: string, parts: Parts): Adapter {
  const options = parseSimulatorUrl(url);
  const like = openSimulator(url);
  return {
    ...like,
    async open(): Promise<Session> {
      const { facts } = await like.open();
      const machine = new SimulatedMachine(options, parts);
      let store = { names: new NameTable(), slots: new SlotResults() };
      return {
        facts,
        async begin() {
          machine.kernel.startMain();
          store = { names: new NameTable(), slots: new SlotResults() };
        },
        run: async (program) => execute(program, machine, store),
        close: async () => machine.kernel.startMain(),
      };
    },
  };
}

/** What a run says against a target, in lines. */
async function accusations(adapter: Adapter): Promise<{ accused: string[]; verdicts: Verdict[] }> {
  const verdicts: Verdict[] = [];
  const ignore = (): void => {};
  const end = await runSuites({
    adapter,
    profile: 'hardened',
    only: [],
    seed: 0n,
    onStart: ignore,
    onCaseStart: ignore,
    onNotice: ignore,
    onCaseEnd: (line) => verdicts.push(...line.verdicts),
  });
  if (!end.complete) throw new Error(end.reason);
  const accused = verdicts
    .filter(({ profile, status }) => profile === 'hardened' && ACCUSES.includes(status))
    .map(({ observed, reason, requirement, status }) =>
      [requirement, status, observed.join(), reason].join(' '),
    );
  return { accused, verdicts };
}

const ACCUSES = ['fail', 'crash', 'hang', 'warn'];

/** A target whose allocations all fail with one errno. */
const refusing = (errno: ErrnoName): Parts => {
  const HardenedIoctl = class extends RIGHT.HardenedIoctl {
    // biome-ignore lint/correctness/useYield: a call without a preemption point
    override *answer(): ReturnType<InstanceType<typeof RIGHT.HardenedIoctl>['answer']> {
      return errno;
    }
  };
  return { ...RIGHT, HardenedIoctl, CompatIoctl: HardenedIoctl };
};

/** Rules that a valid request works, which is what these targets break unless they lack memory. */
const IT_WORKS = ['IOC-01', 'IOC-07', 'ABI-02', 'VER-01', 'FLG-01'];

interface Target {
  readonly name: string;
  readonly parts: Parts;
  /** Those that may accuse it. */
  readonly rules?: readonly string[];
}

const TARGETS: readonly Target[] = [
  {
    name: 'a region that is empty',
    parts: {
      ...RIGHT,
      CmaAllocator: class extends RIGHT.CmaAllocator {
        protected override take(): undefined {
          return undefined;
        }
      },
    },
  },
  { name: 'allocations that all fail with ENOMEM', parts: refusing('ENOMEM') },
  ...(['EINVAL', 'EPERM', 'ENOTTY', 'EFAULT'] as const).map((errno) => ({
    name: `allocations that all fail with ${errno}`,
    parts: refusing(errno),
    rules: IT_WORKS,
  })),
  {
    name: 'a device that cannot be opened',
    parts: {
      ...RIGHT,
      AllocatorDevice: class extends RIGHT.AllocatorDevice {
        override open(): 'EBUSY' {
          return 'EBUSY';
        }
      },
    },
  },
];

for (const { name, parts, rules = [] } of TARGETS) {
  for (const caller of ['64', '32']) {
    t.test(`${name}, for ${caller}-bit programs`, async (t) => {
      const { accused, verdicts } = await accusations(
        simulatorWith(`sim:?caller=${caller}`, parts),
      );
      const unfair = accused.filter((line) => !rules.includes(line.split(' ')[0] ?? ''));
      t.strictSame(unfair, []);
      t.ok(verdicts.some(({ status }) => status === 'inconclusive'));
    });
  }
}

/** Pages that the region gives out, of a larger area. */
const QUOTA = 512;

t.test('a region with a quota smaller than the area behind it is accused of nothing', async (t) => {
  const CmaAllocator = class extends RIGHT.CmaAllocator {
    protected override take(count: number): number | undefined {
      const { freePages, pageCount } = this.region;
      return pageCount - freePages + count > QUOTA ? undefined : super.take(count);
    }
    protected override get pagesMax(): number {
      return QUOTA;
    }
  };
  const whole = simulatorWith('sim:?region=16MiB', { ...RIGHT, CmaAllocator });
  const open = async (): Promise<Session> => {
    const session = await whole.open();
    const regions = session.facts.regions.map((region) => ({
      ...region,
      sizeBytes: BigInt(QUOTA * session.facts.pageSize),
    }));
    return { ...session, facts: { ...session.facts, regions } };
  };
  const { accused, verdicts } = await accusations({ ...whole, open });
  t.strictSame(accused, []);
  t.match(
    verdicts.find(({ requirement, profile }) => requirement === 'CMA-06' && profile === 'hardened'),
    { status: 'inconclusive', reason: /full by a quota .* lies where no page was freed/ },
  );
});
