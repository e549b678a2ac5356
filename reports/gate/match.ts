import type { Waiver } from '../record/gate-outcome.ts';
import type { RunRecord, Verdict } from '../record/record.ts';

/** Whether a pattern covers a whole text; `*` stands for any characters, nothing else is special. */
export function covers(pattern: string, text: string): boolean {
  const literal = (part: string): string => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`, 'su').test(text);
}

/** Whether a waiver speaks of a record's target: its URL as typed, or what implements it. */
export const speaksOf = (
  { target }: Waiver,
  record: Pick<RunRecord, 'target' | 'facts'>,
): boolean => covers(target, record.target) || covers(target, record.facts.implementation);

/** Whether a waiver that speaks of the target covers a verdict of a case. */
export const scopes = (
  waiver: Waiver,
  caseId: string,
  verdict: Pick<Verdict, 'requirement' | 'profile'>,
): boolean =>
  waiver.id === verdict.requirement &&
  (waiver.case ?? caseId) === caseId &&
  (waiver.profile ?? verdict.profile) === verdict.profile;
