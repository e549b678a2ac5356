import type { Waiver, WaiverKind } from './gate-outcome.ts';

/** The kind of a waiver; a file of before kinds has minor faults alone. */
export const kindOf = ({ kind }: Pick<Waiver, 'kind'>): WaiverKind => kind ?? 'minor-fault';

/** How long a waiver holds, as a phrase. */
export function termOf(waiver: Pick<Waiver, 'expires' | 'kind' | 'mendedIn'>): string {
  const { expires, mendedIn } = waiver;
  if (expires !== undefined) return `until ${expires}`;
  if (mendedIn !== undefined) return `until allocert ${mendedIn}`;
  return kindOf(waiver) === 'interpretation' ? 'as an interpretation' : 'until the suite is mended';
}
