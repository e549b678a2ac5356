import type { Case } from '../../kit/case.ts';
import { minorCases } from './minors.ts';
import { registryRaceCases } from './races.ts';
import { registrationCases } from './registration.ts';

/**
 * Cases of group `registry`, in the order in which they run: those that use up minors come last.
 */
export const registryCases: readonly Case[] = [
  ...registrationCases,
  ...registryRaceCases,
  ...minorCases,
];
