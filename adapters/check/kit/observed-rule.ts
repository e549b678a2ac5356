import type { RuleText } from './rule.ts';
import type { RuleContext } from './rule-context.ts';

/** A rule that runs Programs of its own, in a Session in which a case has just begun. */
export interface ObservedRule extends RuleText {
  /** @throws {@link RuleBroken}, or {@link RuleBlocked} when nothing can be said */
  readonly observe: (context: RuleContext) => Promise<void>;
}
