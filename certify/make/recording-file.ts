import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonText } from '../../base/clean-text.ts';
import { usageError } from '../../base/errors.ts';
import { readRegularJson } from '../../base/read-json.ts';
import type { CertificationPlan } from '../plan/plan.ts';
import type { ToolState } from './tool-state.ts';

/** What a recording is of: everything of a package's head that no run tells. */
export interface RecordingFacts {
  readonly version: 1;
  readonly allocert: string;
  readonly product: { readonly vendor: string; readonly name: string; readonly version: string };
  /** The target's URL without secrets. */
  readonly target: string;
  readonly profile: string;
  readonly challenge: string | null;
  readonly plan: CertificationPlan;
  readonly tool: ToolState;
}

const FILE = 'recording.json';

/** Writes the facts of a recording; the last thing that is written of one. */
export const writeRecordingFacts = (directory: string, facts: RecordingFacts): void =>
  writeFileSync(join(directory, FILE), `${jsonText(facts, 2)}\n`, { flag: 'wx' });

/**
 * The facts of a recording that came to its end.
 *
 * @throws {@link AllocertError} (usage) for a folder that holds none
 */
export function readRecordingFacts(directory: string): RecordingFacts {
  const file = join(directory, FILE);
  const facts = readRegularJson(file, 'name the folder that certify --recording wrote');
  const { plan, version } = facts as Partial<RecordingFacts>;
  if (version === 1 && plan?.version === 1) return facts as RecordingFacts;
  throw usageError(`${file} is not a recording of certify; record again`);
}
