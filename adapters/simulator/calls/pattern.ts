/**
 * Fills memory with a pattern over and over. What is there already is copied in ever larger pieces:
 * whole pages are written and compared so often that a loop over their bytes would take most of the
 * simulator's time.
 *
 * @param pattern at least one byte
 * @param phase bytes of the repeated pattern that come before the memory
 * @returns the memory
 */
export function repeatInto(memory: Uint8Array, pattern: Uint8Array, phase: number): Uint8Array {
  const from = phase % pattern.length;
  const head = Math.min(pattern.length, memory.length);
  for (let index = 0; index < head; index += 1) {
    memory[index] = pattern[(from + index) % pattern.length] ?? 0;
  }
  for (let filled = head; filled < memory.length; filled *= 2) {
    memory.copyWithin(filled, 0, Math.min(filled, memory.length - filled));
  }
  return memory;
}
