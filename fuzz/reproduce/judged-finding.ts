import type { History, Program } from '../../adapters/contract/index.ts';
import { type Abi, abiNamed } from '../../catalogue/catalogue.ts';
import type { Violation } from '../../oracles/index.ts';
import type { World } from '../generate/scenario.ts';
import { judge, type Rules, signatureOf } from '../judge/judge-scenario.ts';
import { settingFor } from '../plan/campaign-context.ts';
import { evidenceOf, type Finding } from '../record/finding.ts';

/** What a finding says, judged again, so that the operations that prove it are known. */
export interface Evidence {
  readonly finding: Finding;
  readonly abi: Abi;
  readonly world: World;
  readonly rules: Rules;
  readonly programs: readonly Program[];
  /** What came back of them; empty when the target died. */
  readonly histories: readonly History[];
  /** Undefined when the judge of today does not say it of this evidence, or nobody can. */
  readonly violation: Violation | undefined;
}

/**
 * Judges the evidence of a finding again.
 *
 * @throws {@link AllocertError} for a finding of an ABI or a profile that is not known
 */
export function judgeAgain(finding: Finding): Evidence {
  const { facts, mode, profile, strict } = finding;
  const { world, rules } = settingFor(facts, {
    modes: [],
    memoryLimit: 1n << 20n,
    profile,
    strict,
  });
  const { programs, histories } = evidenceOf(finding);
  const found =
    histories.length === programs.length ? judge(world, rules, { mode, programs }, histories) : [];
  return {
    finding,
    abi: abiNamed(rules.profile.abi),
    world,
    rules,
    programs,
    histories,
    violation: found.find((one) => signatureOf(one) === finding.signature),
  };
}
