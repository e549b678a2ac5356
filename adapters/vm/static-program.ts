import { readFileSync } from 'node:fs';
import { messageOf, unreadable, usageError } from '../../base/errors.ts';
import type { Architecture } from '../executor/build/architectures.ts';

/** `e_machine` of ELF(5), by architecture. */
const MACHINES: Readonly<Record<Architecture, number>> = {
  x86_64: 62,
  i386: 3,
  aarch64: 183,
  armhf: 40,
};

const PT_INTERP = 3;

/**
 * Makes sure that a guest can run a program: a guest has no libraries and no loader.
 *
 * @param architectures those of the guest's kernel
 * @throws {@link AllocertError} (usage) for a file that cannot be read, is not an ELF program of
 *   such an architecture, or is linked dynamically
 */
export function requireStaticProgram(path: string, architectures: readonly Architecture[]): void {
  const file = read(path);
  if (file.subarray(0, 4).toString('latin1') !== '\u007fELF' || file.length < 64) {
    throw usageError(`${path} is not an ELF program; compile one with cc -static`);
  }
  const machine = file.readUInt16LE(18);
  if (!architectures.some((one) => MACHINES[one] === machine)) {
    throw usageError(
      `${path} is for another machine; compile it for ${architectures.join(' or ')}, as the guest is`,
    );
  }
  if (programHeaders(file).includes(PT_INTERP)) {
    throw usageError(`${path} is linked dynamically, and a guest has no libraries; add -static`);
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (thrown) {
    throw usageError(`cannot read the program ${path}, ${unreadable(thrown) ?? messageOf(thrown)}`);
  }
}

/** Types of the program headers that lie in the file. */
function programHeaders(file: Buffer): number[] {
  const is64 = file[4] === 2;
  const start = is64 ? Number(file.readBigUInt64LE(32)) : file.readUInt32LE(28);
  const size = file.readUInt16LE(is64 ? 54 : 42);
  const count = file.readUInt16LE(is64 ? 56 : 44);
  return Array.from({ length: count }, (_, index) => start + index * size)
    .filter((at) => at + 4 <= file.length)
    .map((at) => file.readUInt32LE(at));
}
