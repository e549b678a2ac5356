import type fc from 'fast-check';
import type { Capability } from '../../adapters/contract/index.ts';
import { exhaustion } from './exhaustion.ts';
import { flipping } from './flipping.ts';
import { meddling } from './guessed-fd.ts';
import { hammer } from './hammer.ts';
import { lifetime } from './lifetime.ts';
import { malformed } from './malformed.ts';
import type { Scenario, World } from './scenario.ts';
import { sequential } from './sequential.ts';
import { rivals } from './shared-buffer.ts';

/** A kind of scenario that can be asked for by name. */
export interface Mode {
  readonly name: string;
  readonly summary: string;
  readonly needs: readonly Capability[];
  /** Whether it fills the region, which only a bounded one survives. */
  readonly needsBounded: boolean;
  scenarios(world: World): fc.Arbitrary<Scenario>;
}

/** Every mode. */
export const MODES: readonly Mode[] = [
  {
    name: 'hammer',
    summary: 'threads that allocate, look, write, check and free at the same time',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: hammer,
  },
  {
    name: 'sequential',
    summary: 'one thread that does everything which descriptors and mappings can do',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: sequential,
  },
  {
    name: 'lifetime',
    summary: 'buffers held by duplicates, mappings, messages and children, dropped in any order',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: lifetime,
  },
  {
    name: 'malformed',
    summary: 'requests that are wrong in each field, bit and pointer',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: malformed,
  },
  {
    name: 'exhaustion',
    summary: 'regions that are filled, and the holes that freeing leaves',
    needs: ['files', 'memory', 'clients'],
    needsBounded: true,
    scenarios: exhaustion,
  },
  {
    name: 'flipping',
    summary: 'arguments that change while the call runs',
    needs: ['files', 'clients'],
    needsBounded: false,
    scenarios: flipping,
  },
  {
    name: 'meddling',
    summary: 'descriptors that are closed, mapped and inherited while a call makes them',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: meddling,
  },
  {
    name: 'rivals',
    summary: 'threads that use and close the very same buffer at the same time',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: rivals,
  },
];

/** The modes that a target can run. */
export const modesFor = ({ capabilities, region }: World): readonly Mode[] =>
  MODES.filter(
    ({ needs, needsBounded }) =>
      needs.every((need) => capabilities.has(need)) && (!needsBounded || region.bounded),
  );
