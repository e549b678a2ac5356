import type { TargetDeath, TargetFacts } from '../contract/index.ts';
import type { AgentFacts } from './facts.ts';

/** The end of a target, as far as its adapter can tell. */
export interface LastWords {
  readonly message: string;
  readonly log: readonly string[];
  /** Whether it was ended from outside; see {@link TargetDeath}. */
  readonly forced?: boolean;
}

/** An adapter's knowledge of its agent, for the session with it. */
export interface AgentOptions {
  /** Milliseconds until the agent's first word; a target that boots takes longer than others. */
  readonly helloTimeoutMs?: number;
  /**
   * Programs have at least this many times their deadline: an emulated machine is slower than
   * others. One that says so of itself gets more.
   */
  readonly patience?: number;
  /** Facts in the contract's form, from what the agent said. */
  describe(agent: AgentFacts): TargetFacts;
  /**
   * Set where an agent that says nothing was stopped or starved: it is a process of this machine
   * and never touches the target, so that nothing else makes it silent.
   */
  readonly silenceIsForced?: true;
  /**
   * Whether the target's kernel has complained since the case began. An agent that says nothing
   * after that is waited for less long: its machine has locked up, as a rule.
   */
  hasComplained?(): boolean;
  /** Called when a case begins: what was said before is no matter of it. */
  onBegin?(): void;
  /** Called once a death is seen: waits for the target's last words and says what happened. */
  lastWords(): Promise<LastWords>;
  /** Called when the session ends. */
  onClose(): Promise<void>;
  /**
   * Cases in which a connection was lost before; given where the way to a target can break without
   * the target. A first loss is then a `ConnectionLost`. A second one in the same case is the
   * death of an agent, which nothing but its machine's end or that case explains; a daemon tells of
   * deaths itself, so that its loss never is one.
   */
  readonly losses?: Set<string>;
}
