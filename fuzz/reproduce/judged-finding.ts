import type { History, Program } from '../../adapters/contract/index.ts';
import { type Abi, abiNamed } from '../../catalogue/catalogue.ts';
import type { Violation } from '../../oracles/index.ts';
import type { GeneratorContext } from '../generate/scenario.ts';
import { type JudgingRules, judgeScenario, signatureOf } from '../judge/judge-scenario.ts';
import { campaignContext } from '../plan/campaign-context.ts';
import { type Finding, recordedRun } from '../record/finding.ts';

/** A finding, judged again, so that the operations that prove it are known. */
export interface JudgedFinding {
  readonly finding: Finding;
  readonly abi: Abi;
  readonly generator: GeneratorContext;
  readonly rules: JudgingRules;
  readonly programs: readonly Program[];
  /** The Histories of these Programs; empty when the target died. */
  readonly histories: readonly History[];
  /** Undefined when the judge of today does not see it in this evidence, or no judge can. */
  readonly violation: Violation | undefined;
}

/**
 * Judges the evidence of a finding again.
 *
 * @throws {@link AllocertError} for a finding of an ABI or a profile that is not known
 */
export function judgeFinding(finding: Finding): JudgedFinding {
  const { facts, mode, profile, strict } = finding;
  const { generator, rules } = campaignContext(facts, {
    modes: [],
    memoryLimit: 1n << 20n,
    profile,
    strict,
  });
  const { programs, histories } = recordedRun(finding);
  const found =
    histories.length === programs.length
      ? judgeScenario(generator, rules, { mode, programs }, histories)
      : [];
  return {
    finding,
    abi: abiNamed(rules.profile.abi),
    generator,
    rules,
    programs,
    histories,
    violation: found.find((one) => signatureOf(one) === finding.signature),
  };
}
