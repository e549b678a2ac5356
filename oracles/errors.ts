import { outcomePhrase, wordOf } from '../adapters/contract/index.ts';
import { isWitness } from './credible.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/** The allowed outcomes of a request, and the rule that allows them. */
export interface Prediction {
  readonly requirement: string;
  /** Words of `wordOf` that are as they should be; `error` stands for any errno. */
  readonly words: readonly string[];
  /** All requests of this rule must have the same one of these outcomes. */
  readonly alike?: readonly string[];
}

/**
 * The outcome of a request is one that the profile allows.
 *
 * Sound as far as the predictions are: each must allow for everything that another thread, a
 * full table or a full region may turn the request into. Requests without a prediction
 * are not judged.
 */
export function errors(
  timeline: Timeline,
  predict: (event: Event) => Prediction | undefined,
): Violation[] {
  const first = new Map<string, Event>();
  const found: Violation[] = [];
  for (const event of timeline.events) {
    const { outcome } = event.result;
    if (outcome === 'lost' || outcome === 'unsupported') continue;
    const prediction = predict(event);
    if (prediction === undefined || !isWitness(timeline, event)) continue;
    const word = wordOf(event.result);
    const anyError = prediction.words.includes('error') && event.result.errno !== undefined;
    if (anyError || prediction.words.includes(word)) {
      found.push(...unlike(prediction, event, first));
      continue;
    }
    found.push({
      oracle: 'errors',
      requirement: prediction.requirement,
      kind: `${event.operation.op} ${outcomePhrase(word)}`,
      detail: `${event.operation.op} ${outcomePhrase(word)}; allowed: ${prediction.words.join(', ')}`,
      events: [event],
    });
  }
  return found;
}

const NOTHING: readonly Violation[] = [];
const NO_WORDS: readonly string[] = [];

/** Whether an earlier request of the same kind had another outcome. */
function unlike(
  { alike = NO_WORDS, requirement }: Prediction,
  event: Event,
  first: Map<string, Event>,
): readonly Violation[] {
  const word = wordOf(event.result);
  if (!alike.includes(word)) return NOTHING;
  const before = first.get(requirement);
  if (before === undefined) {
    first.set(requirement, event);
    return NOTHING;
  }
  const other = wordOf(before.result);
  if (other === word) return [];
  return [
    {
      oracle: 'errors',
      requirement,
      kind: 'equal requests ended differently',
      detail: `one ${outcomePhrase(other)}, another one ${outcomePhrase(word)}`,
      events: [before, event],
    },
  ];
}
