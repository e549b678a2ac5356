import { type History, hasBody, type Operation, specOf } from '../../adapters/contract/index.ts';

/** Whether an operation runs others. */
export const isLoop = ({ op }: Operation): boolean => hasBody(specOf(op));

/** Whether a call reads the slot that its result goes to: it can be made once only. */
export const usesOwnSlot = (operation: Operation): boolean =>
  operation.slot !== undefined &&
  Object.values(operation).some(
    (value) => typeof value === 'object' && 'slot' in value && value.slot === operation.slot,
  );

/** The Histories of the parts of a Program as the one of the whole. */
export function joinedHistory(parts: readonly History[]): History {
  const taint = parts.findLast((one) => one.taint !== undefined)?.taint;
  return {
    threads: [parts.flatMap(({ threads }) => threads[0] ?? [])],
    deaths: parts.flatMap(({ deaths }) => deaths),
    log: parts.flatMap(({ log }) => log),
    ...(taint === undefined ? {} : { taint }),
    deadlineHit: parts.some(({ deadlineHit }) => deadlineHit),
    ...(parts.some(({ progressing }) => progressing === true) ? { progressing: true } : {}),
  };
}
