import fc from 'fast-check';
import { linux, type Operation, type Program, type Thread } from '../../adapters/contract/index.ts';
import { DEADLINE_MS, type GeneratorContext, type Scenario } from './scenario.ts';
import { DEVICE } from './thread-writer.ts';

/** Reads how many pages of CMA's areas are taken. */
export const READ_AREAS = { op: 'readfile', document: '/sys/kernel/debug/cma' } as const;

/** Clients of a scenario by their number. */
export const clientName = (index: number): string => `client-${index}`;

/** Seeds of schedules. */
export const seeds = fc.bigInt({ min: 0n, max: (1n << 62n) - 1n });

/** A scenario of one client that does one thing after the other. */
export function oneClientScenario(
  context: GeneratorContext,
  mode: string,
  operations: readonly Operation[],
  seed: bigint,
): Scenario {
  const client = clientName(0);
  return scaffolded(context, mode, [client], [[{ client, operations }]], seed);
}

/**
 * Puts acts into the scaffold of every scenario: readings of free memory, clients that inherit the
 * open device, a list of each client's descriptors before and after, the end of every client, and
 * free memory again.
 *
 * @param acts Programs in between, as threads
 * @param seed chooses the schedules on targets that have them to choose
 */
export function scaffolded(
  context: GeneratorContext,
  mode: string,
  clients: readonly string[],
  acts: readonly (readonly Thread[])[],
  seed: bigint,
): Scenario {
  const memory: Operation[] = context.capabilities.has('procfs')
    ? [{ op: 'readfile', document: '/proc/meminfo' }, ...(context.countsAreas ? [READ_AREAS] : [])]
    : [];
  const open: Operation = {
    op: 'open',
    slot: DEVICE,
    file: context.region.name,
    flags: linux.O_RDWR,
  };
  const forks = clients.map((client): Operation => ({ op: 'fork', client }));
  const ends = clients.flatMap((client): Operation[] => [
    { op: 'kill', client, signal: linux.SIGKILL },
    { op: 'wait', client },
  ]);
  const listed = context.capabilities.has('procfs')
    ? [clients.map((client): Thread => ({ client, operations: [{ op: 'descriptors' }] }))]
    : [];
  return {
    mode,
    programs: [
      [{ client: 'main', operations: [...memory, open, ...forks] }],
      ...listed,
      ...acts,
      ...listed,
      [{ client: 'main', operations: [...ends, ...memory] }],
    ].map(
      // Programs that look alike are to meet in different ways.
      (threads, at): Program => ({ threads, deadlineMs: DEADLINE_MS, seed: seed + BigInt(at) }),
    ),
  };
}

/** Lets clients that a scenario has forked itself end with the others. */
export function alsoEnding(scenario: Scenario, clients: readonly string[]): Scenario {
  const last = scenario.programs.at(-1);
  if (last === undefined) return scenario;
  const ends = clients.flatMap((client): Operation[] => [
    { op: 'kill', client, signal: linux.SIGKILL },
    { op: 'wait', client },
  ]);
  const operations = [...ends, ...(last.threads[0]?.operations ?? [])];
  const programs = [
    ...scenario.programs.slice(0, -1),
    { ...last, threads: [{ client: 'main', operations }] },
  ];
  return { ...scenario, programs };
}
