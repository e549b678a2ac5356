import type { Capability } from '../../adapters/contract/index.ts';
import type { Role } from '../../catalogue/catalogue.ts';
import type { Condition } from './conditions.ts';
import type { CaseContext, DeclaredCase } from './context.ts';

/** The code that observes one or more requirements through a Session. */
export interface Case extends DeclaredCase {
  /** The behaviour that it shows, in a few words. */
  readonly title: string;
  /** Fields that the ABI must have for the case to mean anything. */
  readonly needsRoles?: readonly Role[];
  /** Operations that the target must offer. */
  readonly needs?: readonly Capability[];
  /** Whether it fills the region, which only a bounded one survives. */
  readonly needsBounded?: boolean;
  /** Whether it is about 32-bit programs on a 64-bit kernel. */
  readonly needsCompat?: boolean;
  /** Conditions that it finds out about itself, and skips where they do not hold. */
  readonly skipsWithout?: readonly Condition[];
  readonly run: (context: CaseContext) => Promise<void>;
}
