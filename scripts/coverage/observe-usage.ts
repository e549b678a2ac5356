import type { Adapter, OperationName, Session } from '../../adapters/contract/index.ts';
import { openSimulator } from '../../adapters/simulator/adapter.ts';
import { abiNamed } from '../../catalogue/catalogue.ts';
import { MODES } from '../../fuzz/generate/modes.ts';
import { generatorContext } from '../../fuzz/generate/scenario.ts';
import { scenarioOf } from '../../fuzz/plan/round-plan.ts';
import { runSuites } from '../../suites/index.ts';
import { Usage } from './usage.ts';

/** Scenarios of each mode: so many that chance leaves nothing out. */
const SCENARIOS = 400;
const SCENARIOS_OF_ARGUMENTS = 2500;

/** What the suites use on a simulator without a defect. */
export interface CaseUsage {
  readonly usage: Usage;
  /** Operations of cases that count whether memory is conserved. */
  readonly inLeakCycles: ReadonlySet<OperationName>;
}

/** Runs every suite on `sim:` and reads each Program that goes to it. */
export async function usageOfCases(): Promise<CaseUsage> {
  const usage = new Usage();
  const inLeakCycles = new Set<OperationName>();
  let current = new Usage();
  const end = await runSuites({
    adapter: watched(openSimulator('sim:'), (session) => ({
      ...bound(session),
      begin: (caseId) => {
        usage.begin();
        current = new Usage();
        return session.begin(caseId);
      },
      run: (program) => {
        usage.add(program);
        current.add(program);
        return session.run(program);
      },
    })),
    profile: 'hardened',
    only: [],
    seed: 0n,
    onStart: ignore,
    onCaseStart: ignore,
    onNotice: ignore,
    onCaseEnd: ({ verdicts }) => {
      if (!verdicts.some(({ observed }) => observed.includes('conserved'))) return;
      for (const name of current.seen) inLeakCycles.add(name as OperationName);
    },
  });
  if (!end.complete) throw new Error(`the suites did not end: ${end.reason}`);
  return { usage, inLeakCycles };
}

/** What the generators use: so many scenarios of each mode, from a fixed seed. */
export async function usageOfGenerators(): Promise<Usage> {
  const usage = new Usage();
  const { facts } = await openSimulator('sim:').open();
  const [region] = facts.regions;
  if (region?.abi === undefined) throw new Error('the simulator has no region');
  const context = generatorContext(facts, region, abiNamed(region.abi), 8n << 20n);
  for (const mode of MODES) {
    const count = mode.name === 'arguments' ? SCENARIOS_OF_ARGUMENTS : SCENARIOS;
    for (let index = 0; index < count; index += 1) {
      usage.begin();
      const origin = { version: 'coverage', seed: 1n, index };
      for (const program of scenarioOf(context, [mode], origin).programs) usage.add(program);
    }
  }
  return usage;
}

const ignore = (): void => {};

const watched = (adapter: Adapter, watch: (session: Session) => Session): Adapter => ({
  url: adapter.url,
  open: async () => watch(await adapter.open()),
  close: () => adapter.close(),
});

const bound = (session: Session): Session => ({
  facts: session.facts,
  begin: (caseId) => session.begin(caseId),
  run: (program) => session.run(program),
  close: () => session.close(),
});
