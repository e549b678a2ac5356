/**
 * What is wrong with a kill matrix as `allocert qualify` writes it, as a phrase; undefined when
 * nothing is. Only its head is looked at: nothing is concluded from the rest.
 */
export function matrixFault(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'it is not a JSON object';
  const { defects, exitCode, requirements, version } = value as Readonly<Record<string, unknown>>;
  if (version !== 1) return 'its version is not 1';
  if (!Array.isArray(defects) || !Array.isArray(requirements)) {
    return 'it lists no defects or no requirements';
  }
  return exitCode === 0 ? undefined : 'it says that the suites do not qualify';
}
