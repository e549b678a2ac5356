/**
 * Which of two versions is later, as Semantic Versioning has it for numbers; one with a suffix
 * comes before the one without.
 *
 * @returns less than 0 where the first is earlier, more than 0 where it is later
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => {
    const [core = '', ...suffix] = text.split('-');
    return [...core.split('.').map(Number), suffix.length === 0 ? 1 : 0];
  });
  for (const [at, one] of (left ?? []).entries()) {
    const other = right?.[at] ?? 0;
    if (one !== other) return one - other;
  }
  return 0;
}
