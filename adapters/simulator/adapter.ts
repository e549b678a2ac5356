import { packageVersion } from '../../base/package-root.ts';
import type { History } from '../contract/history.ts';
import { NameTable } from '../contract/names.ts';
import type { Program } from '../contract/program.ts';
import type { Adapter, Session, TargetFacts } from '../contract/session.ts';
import { execute } from '../interpreter/execution.ts';
import { SlotResults } from '../interpreter/slots.ts';
import { Kernel } from './kernel/kernel.ts';
import { SimulatedMachine } from './machine.ts';
import { parseSimulatorUrl, type SimulatorOptions } from './options.ts';
import { parallelTarget } from './parallel/target.ts';

/**
 * An adapter for a `sim:` URL: a small Linux in memory with a Simple Allocator. Each session is a
 * machine of its own.
 *
 * @throws AllocertError for a URL that asks for something unknown
 */
export function openSimulator(url: string): Adapter {
  const options = parseSimulatorUrl(url);
  const packed = parallelTarget(options);
  return {
    url,
    independent: true,
    ...(packed === undefined ? {} : { packed }),
    open: async () => new SimulatorSession(options),
    close: async () => {},
  };
}

class SimulatorSession implements Session {
  readonly facts: TargetFacts;
  readonly #kernel: Kernel;
  readonly #machine: SimulatedMachine;
  #names = new NameTable();
  #slots = new SlotResults();

  constructor(options: SimulatorOptions) {
    this.#kernel = new Kernel(options);
    this.facts = factsOf(options, this.#kernel);
    this.#machine = new SimulatedMachine(this.#kernel);
  }

  async begin(_caseId: string): Promise<void> {
    this.#kernel.startMain();
    this.#names = new NameTable();
    this.#slots = new SlotResults();
  }

  async run(program: Program): Promise<History> {
    return execute(program, this.#machine, { names: this.#names, slots: this.#slots });
  }

  async close(): Promise<void> {
    this.#kernel.startMain();
  }
}

function factsOf(options: SimulatorOptions, { regions, registry }: Kernel): TargetFacts {
  const { behaviour, defects, pageBytes, pointerBytes, regionBytes, seed, transient } = options;
  return {
    kind: 'sim',
    implementation: `simulator ${behaviour}`,
    architecture: 'x86_64',
    pageSize: pageBytes,
    pointerBytes,
    regions: registry.devices.map(({ node }, index) => ({
      name: `region:${index}`,
      node,
      abi: 'simple-allocator',
      bounded: true,
      sizeBytes: BigInt(regionBytes),
      gauge: 'CmaFree',
    })),
    capabilities: [
      'files',
      'memory',
      'clients',
      'sockets',
      'procfs',
      'limits',
      'timing',
      'frames',
      'registry',
    ],
    kernelLog: true,
    details: {
      version: packageVersion(),
      behaviour,
      defects: [...defects].toSorted().join(','),
      seed: String(seed),
      // Whoever judges must know that requests may fail for no reason.
      ...(transient === 0 ? {} : { transient: String(transient) }),
      ...Object.fromEntries(regions.map(({ frames }, index) => [`region:${index} frames`, frames])),
    },
  };
}
