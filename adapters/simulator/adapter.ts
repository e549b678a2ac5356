import { packageVersion } from '../../base/package-root.ts';
import type { History } from '../contract/history.ts';
import { NameTable } from '../contract/names.ts';
import type { PackedTarget } from '../contract/packed.ts';
import type { Program } from '../contract/program.ts';
import type { Adapter, Session, TargetFacts } from '../contract/session.ts';
import { execute } from '../interpreter/execution.ts';
import { SlotResults } from '../interpreter/slots.ts';
import { partsWith, showsInParallel } from './defects/all.ts';
import type { Parts } from './defects/parts.ts';
import type { Devices } from './kernel/devices.ts';
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
  const parts = partsWith(options.defects);
  const packed = parallelMode(options, parts);
  return {
    url,
    independent: true,
    separate: true,
    ...(packed === undefined ? {} : { packed }),
    open: async () => new SimulatorSession(options, parts),
    close: async () => {},
  };
}

/** Parallel mode; undefined when a defect is on, or a chance, that it would not show. */
function parallelMode(options: SimulatorOptions, parts: Parts): PackedTarget | undefined {
  const { behaviour, defects, transient } = options;
  if (behaviour !== 'hardened' || transient > 0 || !showsInParallel(defects)) return undefined;
  return parallelTarget(options, parts);
}

class SimulatorSession implements Session {
  readonly facts: TargetFacts;
  readonly #machine: SimulatedMachine;
  #names = new NameTable();
  #slots = new SlotResults();

  constructor(options: SimulatorOptions, parts: Parts) {
    this.#machine = new SimulatedMachine(options, parts);
    this.facts = factsOf(options, this.#machine.kernel.devices);
  }

  async begin(_caseId: string): Promise<void> {
    this.#machine.kernel.startMain();
    this.#names = new NameTable();
    this.#slots = new SlotResults();
  }

  async run(program: Program): Promise<History> {
    return execute(program, this.#machine, { names: this.#names, slots: this.#slots });
  }

  async close(): Promise<void> {
    this.#machine.kernel.startMain();
  }
}

function factsOf(options: SimulatorOptions, { entries, regions }: Devices): TargetFacts {
  const { behaviour, bounded, defects, pageBytes, pointerBytes, regionBytes } = options;
  const { quarantineBytes, seed, transient } = options;
  return {
    kind: 'sim',
    implementation: `simulator ${behaviour}`,
    architecture: 'x86_64',
    pageSize: pageBytes,
    pointerBytes,
    regions: entries.map(({ node }, index) => ({
      name: `region:${index}`,
      node,
      abi: 'simple-allocator',
      bounded,
      ...(bounded ? { sizeBytes: BigInt(regionBytes) } : {}),
      gauge: bounded ? 'CmaFree' : 'MemFree',
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
      'faults',
    ],
    kernelLog: true,
    details: {
      version: packageVersion(),
      behaviour,
      defects: [...defects].toSorted().join(','),
      seed: String(seed),
      ...(quarantineBytes === 0 ? {} : { instruments: 'kasan' }),
      // Whoever judges must know that requests may fail for no reason.
      ...(transient === 0 ? {} : { transient: String(transient) }),
      ...Object.fromEntries(regions.map(({ frames }, index) => [`region:${index} frames`, frames])),
    },
  };
}
