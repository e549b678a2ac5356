import { type Finding, recordedRun } from '../record/finding.ts';
import { wordsOfFinding } from './schedule.ts';

/** How an oracle, which knows no names, speaks of a buffer: by the operation that allocated it. */
const BY_PLACE = /the buffer of (.{1,80}?), thread (\d{1,6}), operation (\d{1,6})(?!\d)/g;

/**
 * A finding whose message names buffers as its schedule does. Places that it does not prove, or
 * whose operation gives nothing, stay as they are.
 */
export function withNames(finding: Finding): Finding {
  const { detail, proof = [] } = finding;
  const { programs } = recordedRun(finding);
  const words = wordsOfFinding(finding);
  const named = detail.replace(BY_PLACE, (text, client, thread, index) => {
    const step = proof.find(
      (one) =>
        `${one.thread}` === thread &&
        `${one.index}` === index &&
        programs[one.program]?.threads[one.thread]?.client === client,
    );
    if (step === undefined) return text;
    const operation = programs[step.program]?.threads[step.thread]?.operations[step.index];
    return (operation === undefined ? undefined : words.nameOf(operation)) ?? text;
  });
  return { ...finding, detail: named };
}
