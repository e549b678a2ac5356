import type fc from 'fast-check';
import type { Capability } from '../../adapters/contract/index.ts';
import { argumentScenarios } from './arguments.ts';
import { crowdScenarios } from './crowd.ts';
import { cycleScenarios } from './cycles.ts';
import { exhaustionScenarios } from './exhaustion.ts';
import { FAULTS, faultScenarios } from './faults.ts';
import { flippingScenarios } from './flipping.ts';
import { generationScenarios } from './generations.ts';
import { guessedFdScenarios } from './guessed-fd.ts';
import { hammerScenarios } from './hammer.ts';
import { largeScenarios } from './large.ts';
import { lifetimeScenarios } from './lifetime.ts';
import { malformedScenarios } from './malformed.ts';
import { relayScenarios } from './relay.ts';
import type { GeneratorContext, Scenario } from './scenario.ts';
import { sequentialScenarios } from './sequential.ts';
import { sharedBufferScenarios } from './shared-buffer.ts';

/** A kind of scenario that can be asked for by name. */
export interface ScenarioMode {
  readonly name: string;
  readonly summary: string;
  readonly needs: readonly Capability[];
  /** Whether it fills the region, which only a bounded one survives. */
  readonly needsBounded: boolean;
  /**
   * Whether a campaign has it only if it is named, or all modes are: it changes what the target
   * does, so that it is a question of its own.
   */
  readonly onlyByName?: true;
  scenarios(context: GeneratorContext): fc.Arbitrary<Scenario>;
}

/** Every mode. */
export const MODES: readonly ScenarioMode[] = [
  {
    name: 'hammer',
    summary: 'threads that allocate, look, write, check and free at the same time',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: hammerScenarios,
  },
  {
    name: 'sequential',
    summary: 'one thread that does everything which descriptors and mappings can do',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: sequentialScenarios,
  },
  {
    name: 'lifetime',
    summary: 'buffers held by duplicates, mappings, messages and children, dropped in any order',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: lifetimeScenarios,
  },
  {
    name: 'malformed',
    summary: 'requests that are wrong in each field, bit and pointer',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: malformedScenarios,
  },
  {
    name: 'exhaustion',
    summary: 'regions that are filled, and the holes that freeing leaves',
    needs: ['files', 'memory', 'clients'],
    needsBounded: true,
    scenarios: exhaustionScenarios,
  },
  {
    name: 'flipping',
    summary: 'arguments that change while the call runs',
    needs: ['files', 'clients'],
    needsBounded: false,
    scenarios: flippingScenarios,
  },
  {
    name: 'meddling',
    summary: 'descriptors that are closed, mapped and inherited while a call makes them',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: guessedFdScenarios,
  },
  {
    name: 'rivals',
    summary: 'threads that use and close the very same buffer at the same time',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: sharedBufferScenarios,
  },
  {
    name: 'relay',
    summary: 'buffers sent through three clients, of which each may end first',
    needs: ['files', 'memory', 'clients', 'sockets'],
    needsBounded: false,
    scenarios: relayScenarios,
  },
  {
    name: 'arguments',
    summary: 'calls with arguments at the ends of their types, on operands in every state',
    needs: ['files', 'memory', 'clients', 'sockets'],
    needsBounded: false,
    scenarios: argumentScenarios,
  },
  {
    name: 'large',
    summary: 'buffers of many pages, looked at and mapped at every edge',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: largeScenarios,
  },
  {
    name: 'crowd',
    summary: 'very many buffers that live at the same time',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: crowdScenarios,
  },
  {
    name: 'cycles',
    summary: 'the same few operations very often, so that rare leaks add up',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: cycleScenarios,
  },
  {
    name: 'generations',
    summary: 'mappings that a child and a grandchild inherit or do not, and ends in any order',
    needs: ['files', 'memory', 'clients'],
    needsBounded: false,
    scenarios: generationScenarios,
  },
  {
    name: FAULTS,
    summary: 'calls in which an allocation of the kernel fails while other calls go on',
    needs: ['files', 'memory', 'clients', 'faults'],
    needsBounded: false,
    onlyByName: true,
    scenarios: faultScenarios,
  },
];

/** The modes that a target can run. */
export const modesFor = ({ capabilities, region }: GeneratorContext): readonly ScenarioMode[] =>
  MODES.filter(
    ({ needs, needsBounded }) =>
      needs.every((need) => capabilities.has(need)) && (!needsBounded || region.bounded),
  );
