import { linux, type Operation, type Program, type Thread } from '../../adapters/contract/index.ts';
import { DEADLINE_MS, type Scenario, type World } from '../scenario.ts';
import { DEVICE } from './writer.ts';

/** Clients of a scenario by their number. */
export const clientName = (index: number): string => `client-${index}`;

/**
 * What every scenario begins and ends with: a reading of free memory, clients that inherit the open
 * device, a list of each client's descriptors before and after, the end of every client, and free
 * memory again.
 *
 * @param acts Programs in between, as threads
 * @param seed chooses the schedule on targets that have one to choose
 */
export function framed(
  world: World,
  mode: string,
  clients: readonly string[],
  acts: readonly (readonly Thread[])[],
  seed: bigint,
): Scenario {
  const meminfo: Operation[] = world.capabilities.has('procfs')
    ? [{ op: 'readfile', document: '/proc/meminfo' }]
    : [];
  const open: Operation = {
    op: 'open',
    slot: DEVICE,
    file: world.region.name,
    flags: linux.O_RDWR,
  };
  const forks = clients.map((client): Operation => ({ op: 'fork', client }));
  const ends = clients.flatMap((client): Operation[] => [
    { op: 'kill', client, signal: linux.SIGKILL },
    { op: 'wait', client },
  ]);
  const listed = world.capabilities.has('procfs')
    ? [clients.map((client): Thread => ({ client, operations: [{ op: 'descriptors' }] }))]
    : [];
  return {
    mode,
    programs: [
      [{ client: 'main', operations: [...meminfo, open, ...forks] }],
      ...listed,
      ...acts,
      ...listed,
      [{ client: 'main', operations: [...ends, ...meminfo] }],
    ].map((threads): Program => ({ threads, deadlineMs: DEADLINE_MS, seed })),
  };
}
