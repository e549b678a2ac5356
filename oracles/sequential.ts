import {
  type OperationName,
  outcomePhrase,
  succeeded,
  wordOf,
} from '../adapters/contract/index.ts';
import type { Abi } from '../catalogue/catalogue.ts';
import { credible } from './credible.ts';
import { accessRules } from './model/access.ts';
import { ClientModel } from './model/client.ts';
import { descriptorRules } from './model/descriptors.ts';
import type { Expectation, ModelStep, OperationRule, OperationRules } from './model/expectation.ts';
import { fileRules } from './model/files.ts';
import { mappingRules } from './model/mappings.ts';
import { type DeviceFinder, devicesIn } from './timeline/devices.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/** The ABI and the page size of the model, and how strictly it holds on the target. */
export interface ModelSetting {
  readonly abi: Abi;
  /** Bytes in a page. */
  readonly page: bigint;
  /** Whether memory is never short for a moment, as on a target that is ours alone. */
  readonly exact: boolean;
  /** What a call may come to as well, because something was made to fail in it. */
  readonly injected?: (event: Event) => readonly string[];
}

const RULES: OperationRules = {
  ...descriptorRules,
  ...fileRules,
  ...mappingRules,
  ...accessRules,
  // It changes nothing by itself.
  failnth: {},
};

/**
 * A client that does one thing after the other finds every descriptor, mapping and page as a model
 * of them says (the rules of FD, MAP and FLG that take one client).
 *
 * Sound for the operations of a client up to the first that meets another thread of it, that
 * others may take part in (fork, exec, messages), or that the model has no rule for: of what comes
 * behind it nothing is said. Buffers that the client did not ask for itself are not followed. A
 * call in which something was made to fail may say so, and of what it was to take away nothing is
 * known then. Where an operation has several faults any of them may be reported; where the
 * catalogue has no rule, the model goes on with whatever was returned.
 */
export function sequential(timeline: Timeline, setting: ModelSetting): Violation[] {
  const deviceOf = devicesIn(timeline);
  const found = timeline.clients.flatMap((client) =>
    violationsIn(singleThreaded(timeline, client), timeline, { ...setting, deviceOf }),
  );
  return credible(timeline, found);
}

/** The events of a client as long as it has one thread. */
function singleThreaded({ ofClient }: Timeline, client: string): readonly Event[] {
  const mine = ofClient(client);
  const threads = new Map<number, number>();
  for (const { program, thread } of mine) {
    if ((threads.get(program) ?? thread) === thread) threads.set(program, thread);
    else return mine.filter((event) => event.program < program);
  }
  return mine;
}

function violationsIn(
  events: readonly Event[],
  timeline: Timeline,
  { page, ...setting }: ModelSetting & { readonly deviceOf: DeviceFinder },
): Violation[] {
  const { abi, deviceOf, exact, injected = () => NOTHING } = setting;
  const model = new ClientModel(page);
  for (const event of events) {
    const rule = RULES[event.operation.op] as OperationRule<OperationName> | undefined;
    const { outcome, return: back } = event.result;
    if (rule === undefined || back === undefined || outcome === 'unsupported') break;
    const made = injected(event);
    const failsOnPurpose = made.length > 0;
    const step: ModelStep = { abi, deviceOf, exact, model, event, timeline, failsOnPurpose };
    const expectation = rule.expects?.(step, event.operation);
    const violation = made.includes(wordOf(event.result))
      ? undefined
      : violationOf(expectation, event);
    // What is wrong once makes everything behind it uncertain.
    if (violation !== undefined) return [violation];
    if (!canFollow(rule, step)) break;
  }
  return [];
}

const NOTHING: readonly string[] = [];

/** Whether the model can go on after an operation. */
function canFollow(rule: OperationRule<OperationName>, step: ModelStep): boolean {
  const { operation, result } = step.event;
  if (succeeded(result)) return rule.follows?.(step, operation) ?? true;
  rule.fails?.(step, operation);
  return true;
}

function violationOf(expectation: Expectation | undefined, event: Event): Violation | undefined {
  if (expectation === undefined) return undefined;
  const { holds, requirement, words, wrong = 'another value' } = expectation;
  const { op } = event.operation;
  const word = wordOf(event.result);
  const any = words.includes('error') && event.result.errno !== undefined;
  if (!any && !words.includes(word)) {
    return violation(
      requirement,
      `${op} ${outcomePhrase(word)}`,
      event,
      `; allowed: ${words.join(', ')}`,
    );
  }
  if (word !== 'ok' || holds === undefined || holds(event)) return undefined;
  return violation(requirement, `${op}: ${wrong}`, event, `, value ${event.result.value}`);
}

const violation = (requirement: string, kind: string, event: Event, more: string): Violation => ({
  oracle: 'sequential',
  requirement,
  kind,
  detail: kind + more,
  events: [event],
});
