import { machineError } from '../../base/errors.ts';
import { chooseFrom } from '../../base/nearest.ts';
import {
  type AbiName,
  type Capability,
  defectsInTaint,
  OPERATION_ROWS,
  type RegionFacts,
  type TargetFacts,
} from '../contract/index.ts';
import { regionMemory } from './region-memory.ts';

/** The lines of `key=value` that an agent says of its machine. */
export type AgentFacts = ReadonlyMap<string, string>;

/** Capabilities of a kernel alone: its files in /proc, page frames, allocations that fail. */
const KERNELS: ReadonlySet<Capability> = new Set(['procfs', 'frames', 'faults']);

/** What an agent says of clients that it confines; others are in a guest, or in nobody's care. */
const CONFINED: ReadonlySet<string> = new Set(['filter', 'namespaces']);

/**
 * The most that deadlines are lengthened by: they are long already, calls that come back lengthen
 * them, and a target that does hang must not take hours.
 */
const PACE_MAX = 6;

/** Parses the payload of a facts frame. */
export function parseAgentFacts(payload: Uint8Array): AgentFacts {
  const lines = new TextDecoder().decode(payload).split('\n');
  return new Map(
    lines
      .filter((line) => line.includes('='))
      .map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1)] as const;
      }),
  );
}

/**
 * How many times slower than most a machine is, as its agent measured before it said so: at least
 * 1, and 1 where it says nothing.
 */
function slownessOf(agent: AgentFacts): number {
  const slowness = Number(agent.get('slowness') ?? '1');
  return slowness >= 1 && Number.isFinite(slowness) ? slowness : 1;
}

/** How many times their deadline Programs get on a machine. */
export const paceOf = (agent: AgentFacts): number => Math.min(slownessOf(agent), PACE_MAX);

/**
 * The facts of an agent's machine in the contract's form.
 *
 * @param kind scheme of the target's URL
 * @param details whatever the adapter knows beside it
 * @throws {@link AllocertError} when the machine has no such region
 */
export function targetFacts(
  kind: string,
  agent: AgentFacts,
  details: Readonly<Record<string, string>>,
): TargetFacts {
  const text = (key: string): string => agent.get(key) ?? '';
  const regions: RegionFacts[] = [];
  for (let index = 0; agent.has(`region.${index}`); index += 1) {
    const node = text(`region.${index}`);
    const error = agent.get(`region.${index}.error`);
    if (error !== undefined) {
      const driver = kind === 'vm' ? ', or load its driver with module=FILE.ko' : '';
      throw machineError(
        `the target has no ${node} (${error}); name a device that it has${driver}`,
      );
    }
    regions.push(regionFacts(index, node, agent));
  }
  return {
    kind,
    implementation: agent.get('library') ?? `${text('sysname')} ${text('release')}`,
    kernel: { release: text('release'), version: text('version') },
    architecture: text('machine'),
    pageSize: Number(text('page_size')),
    pointerBytes: Number(text('pointer_bytes')),
    regions,
    capabilities: capabilitiesOf(agent),
    kernelLog: text('kernel_log') === '1',
    details: {
      ...details,
      ...memoryDetails(agent),
      ...(agent.has('edges') ? { edges: text('edges') } : {}),
      ...(agent.has('dma_bufs') ? { 'dma-bufs': text('dma_bufs') } : {}),
      ...layoutDetails(agent),
      slowness: String(slownessOf(agent)),
      ...(agent.has('instruments') ? { instruments: text('instruments') } : {}),
      ...(agent.has('faults') ? { faults: text('faults') } : {}),
      ...(CONFINED.has(text('confinement')) ? { confinement: text('confinement') } : {}),
      taint: taintInWords(text('taint')),
      ...(agent.has('command_line') ? { commandLine: text('command_line') } : {}),
    },
  };
}

/** The taint, and in words what went wrong before the session: no case is to blame for that. */
function taintInWords(digits: string): string {
  if (!/^\d+$/.test(digits)) return digits;
  const before = defectsInTaint(BigInt(digits));
  return before.length === 0 ? digits : `${digits} (before the session: ${before.join(', ')})`;
}

/** The agent's capabilities, less those that a library in the kernel's place does not claim. */
function capabilitiesOf(agent: AgentFacts): readonly Capability[] {
  const offered = (agent.get('capabilities') ?? '').split(',') as Capability[];
  if (!agent.has('library')) return offered;
  const claimed = agent.get('library.capabilities')?.split(',');
  for (const word of claimed ?? []) refuseUnknownGroup(word);
  return offered.filter((one) =>
    claimed === undefined ? !KERNELS.has(one) : claimed.includes(one),
  );
}

const GROUPS: readonly string[] = [
  ...new Set(OPERATION_ROWS.map(([, { capability }]) => capability)),
  'registry',
];

/** A misspelt group would otherwise be one that the library seems not to have. */
function refuseUnknownGroup(word: string): void {
  if (word === '' || GROUPS.includes(word) || !/^[ -~]{1,40}$/.test(word)) return;
  const choices = chooseFrom(word, GROUPS);
  throw machineError(`the library's capabilities: there is no group "${word}"; ${choices}`);
}

/** A library's region, as its table says. */
function libraryRegion(index: number, node: string, agent: AgentFacts): RegionFacts {
  const abi = agent.get(`region.${index}.abi`);
  const bytes = BigInt(agent.get(`region.${index}.bytes`) ?? '0');
  if (abi !== 'simple-allocator' && abi !== 'dma-heap') {
    throw machineError(`the library speaks "${abi}"; allocert knows simple-allocator and dma-heap`);
  }
  const region = { name: `region:${index}`, node, abi } as const;
  if (bytes > 0n) return { ...region, bounded: true, sizeBytes: bytes };
  return { ...region, bounded: false, gauge: 'MemFree' };
}

/** A region by its device node and the memory behind it. */
function regionFacts(index: number, node: string, agent: AgentFacts): RegionFacts {
  if (agent.has('library')) return libraryRegion(index, node, agent);
  const abi = abiByNode(node);
  return {
    name: `region:${index}`,
    node,
    ...(abi === undefined ? {} : { abi }),
    ...regionMemory(index, node, agent).facts,
  };
}

/** Where regions lie, and what they are made of, under their names. */
function memoryDetails(agent: AgentFacts): Readonly<Record<string, string>> {
  if (agent.has('library')) return {};
  const details: Record<string, string> = {};
  for (let index = 0; agent.has(`region.${index}`); index += 1) {
    const memory = regionMemory(index, agent.get(`region.${index}`) ?? '', agent);
    if (memory.frames !== undefined) details[`region:${index} frames`] = memory.frames;
    if (memory.source !== undefined) details[`region:${index} memory`] = memory.source;
    if (memory.used !== undefined) details[`region:${index} used`] = String(memory.used);
  }
  return details;
}

/** Structures of requests as the kernel was compiled with them: `layout NAME`. */
function layoutDetails(agent: AgentFacts): Readonly<Record<string, string>> {
  const lines = [...agent].filter(([key]) => /^layout\.\w+$/.test(key));
  return Object.fromEntries(lines.map(([key, text]) => [key.replace('.', ' '), text]));
}

function abiByNode(node: string): AbiName | undefined {
  if (node.startsWith('/dev/dma_heap/')) return 'dma-heap';
  return /^\/dev\/cma\d+$/.test(node) ? 'simple-allocator' : undefined;
}
