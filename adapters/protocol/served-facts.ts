import { machineError } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { RegionFacts, TargetFacts } from '../contract/index.ts';
import { factsFromJson, toJson } from '../contract/program-json.ts';
import type { AgentFacts } from './facts.ts';
import { PAYLOAD_BYTES_MAX } from './wire-frames.ts';

/** Changes whenever the JSON of facts does. */
const FACTS_VERSION = '1';

/**
 * The facts of an adapter as a daemon says them: whole, in the form of a facts frame.
 *
 * @throws RangeError when they are longer than a peer would take
 */
export function encodeServedFacts(facts: TargetFacts): Uint8Array {
  const lines = [`target.version=${FACTS_VERSION}`, `target=${JSON.stringify(toJson(facts))}`];
  const bytes = new TextEncoder().encode(`${lines.join('\n')}\n`);
  if (bytes.length > PAYLOAD_BYTES_MAX.facts) {
    throw new RangeError('the target’s description of itself is too long to be sent');
  }
  return bytes;
}

/** Whether the peer is a daemon that speaks for an adapter, not an agent on its machine. */
export const isServed = (said: AgentFacts): boolean => said.has('target');

/**
 * The facts of an adapter that a daemon serves.
 *
 * @throws {@link AllocertError} for facts of another version, or what are none
 */
export function servedFacts(said: AgentFacts): TargetFacts {
  if (said.get('target.version') !== FACTS_VERSION) {
    throw machineError('the daemon is of another version; use the same allocert at both ends');
  }
  const json = parsed(said.get('target') ?? '');
  if (!isFacts(json)) throw machineError('the daemon’s description of its target is malformed');
  return factsFromJson(json);
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0;
const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): boolean => isTable(value) && Object.values(value).every(isText);

function isFacts(json: unknown): json is TargetFacts {
  if (!isTable(json)) return false;
  const { regions, capabilities, kernel } = json;
  const texts = [json.kind, json.implementation, json.architecture];
  return (
    texts.every(isText) &&
    (kernel === undefined ||
      (isTable(kernel) && isText(kernel.release) && isText(kernel.version))) &&
    isCount(json.pageSize) &&
    isCount(json.pointerBytes) &&
    typeof json.kernelLog === 'boolean' &&
    isTexts(json.details) &&
    Array.isArray(capabilities) &&
    capabilities.every(isText) &&
    Array.isArray(regions) &&
    regions.every(isRegion)
  );
}

function isRegion(json: unknown): json is RegionFacts {
  if (!isTable(json)) return false;
  const { name, node, abi, bounded, sizeBytes, gauge } = json;
  return (
    isText(name) &&
    /^region:\d+$/.test(name) &&
    isText(node) &&
    (abi === undefined || abi === 'simple-allocator' || abi === 'dma-heap') &&
    typeof bounded === 'boolean' &&
    (sizeBytes === undefined || (isText(sizeBytes) && /^0x[0-9a-f]+$/.test(sizeBytes))) &&
    (gauge === undefined || gauge === 'MemFree' || gauge === 'CmaFree')
  );
}
