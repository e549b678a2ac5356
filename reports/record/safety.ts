import { KERNEL_ALARM, type RequirementFacts, type Verdict } from './record.ts';

/**
 * Whether a failure endangers data or the machine: a rule of safety was broken, the target died or
 * stopped answering, or the kernel reported a defect of its own. No luck and no habit excuses it.
 */
export function isSafetyFailure(
  { requirement, status, observed }: Verdict,
  { requirements }: { readonly requirements: readonly RequirementFacts[] },
): boolean {
  if (status === 'crash' || status === 'hang') return true;
  if (status !== 'fail' && status !== 'warn') return false;
  const rule = requirements.find(({ id }) => id === requirement);
  // A MUST that only warns is a deviation that is known of this kind of target, with its source.
  if (status === 'warn' && rule?.level !== 'SHOULD') return false;
  return rule?.authority === 'safety' || observed.includes(KERNEL_ALARM);
}
