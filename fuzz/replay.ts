import { readFileSync } from 'node:fs';
import {
  type Adapter,
  fromJson,
  type Program,
  TargetDeath,
  usageError,
} from '../adapters/contract/index.ts';
import { factsFromJson, historyFromJson } from '../adapters/contract/program-json.ts';
import type { Finding } from './finding.ts';
import { signatureOf } from './judge.ts';
import { runScenario } from './round.ts';
import { settingFor } from './setting.ts';

/** How often a finding showed again. */
export interface Replayed {
  readonly times: number;
  readonly of: number;
}

/**
 * Reads a finding that a campaign has written.
 *
 * @throws {@link AllocertError} (usage) for a file that is none
 */
export function readFinding(file: string): Finding {
  const json = parse(file);
  if (json.version !== 1 || !Array.isArray(json.programs) || typeof json.signature !== 'string') {
    throw usageError(`${file} is no finding of allocert fuzz, version 1`);
  }
  const { facts, histories, ...rest } = json as unknown as Record<'facts', object> & {
    histories: object[];
  };
  return {
    ...(fromJson(rest) as Omit<Finding, 'facts' | 'histories' | 'version'>),
    version: 1,
    facts: factsFromJson(facts),
    histories: histories.map(historyFromJson),
  };
}

function parse(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw usageError(`cannot read the finding ${file}: ${why}`);
  }
}

/** The Programs of a finding, the smallest that are known. */
export const programsOf = ({ minimal, programs }: Finding): readonly Program[] =>
  minimal ?? programs;

/**
 * Runs the Programs of a finding again and counts how often its signature shows.
 *
 * @throws {@link AllocertError} when the target cannot be reached
 */
export async function replayFinding(
  adapter: Adapter,
  finding: Finding,
  of: number,
): Promise<Replayed> {
  const scenario = { mode: finding.mode, programs: programsOf(finding) };
  let times = 0;
  for (let run = 0; run < of; run += 1) {
    const session = await adapter.open();
    try {
      const setting = settingFor(session.facts, {
        modes: [],
        memoryLimit: 1n << 20n,
        profile: finding.profile,
      });
      const round = await runScenario(session, setting.world, setting.rules, scenario);
      if (round.violations.some((one) => signatureOf(one) === finding.signature)) times += 1;
    } catch (thrown) {
      if (!(thrown instanceof TargetDeath)) throw thrown;
      if (finding.oracle === 'target') times += 1;
    } finally {
      await session.close();
    }
  }
  return { times, of };
}
