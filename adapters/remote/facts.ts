import { machineError } from '../contract/errors.ts';
import type { AbiName, Capability, RegionFacts, TargetFacts } from '../contract/index.ts';

/** The lines of `key=value` that an agent says of its machine. */
export type AgentFacts = ReadonlyMap<string, string>;

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
 * What an agent's machine is, as the contract says it.
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
      throw machineError(`the target has no ${node} (${error}); name a device that it has`);
    }
    regions.push(regionFacts(index, node, agent));
  }
  return {
    kind,
    implementation: `${text('sysname')} ${text('release')}`,
    kernel: { release: text('release'), version: text('version') },
    architecture: text('machine'),
    pageSize: Number(text('page_size')),
    pointerBytes: Number(text('pointer_bytes')),
    regions,
    capabilities: text('capabilities').split(',') as Capability[],
    kernelLog: text('kernel_log') === '1',
    details: { ...details, taint: text('taint') },
  };
}

/**
 * A region by its device node. The `system` heap hands out all of memory, and so does a region that
 * should be CMA on a kernel without any: neither can be filled safely.
 */
function regionFacts(index: number, node: string, agent: AgentFacts): RegionFacts {
  const cma = Number(agent.get('meminfo.CmaTotal') ?? '0') > 0;
  const bounded = cma && !/^\/dev\/dma_heap\/system/.test(node);
  const abi = abiByNode(node);
  return {
    name: `region:${index}`,
    node,
    ...(abi === undefined ? {} : { abi }),
    bounded,
    gauge: bounded ? 'CmaFree' : 'MemFree',
  };
}

function abiByNode(node: string): AbiName | undefined {
  if (node.startsWith('/dev/dma_heap/')) return 'dma-heap';
  return /^\/dev\/cma\d+$/.test(node) ? 'simple-allocator' : undefined;
}
