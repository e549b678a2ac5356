import { AllocertError } from '../../base/errors.ts';
import { findOnPath } from '../../base/find-on-path.ts';
import { toolchainsFor } from '../executor/build/architectures.ts';
import type { NamedKernel } from './kernels/kernel-image.ts';
import { KERNELS } from './kernels/registry.ts';
import { missingForModules } from './modules/compiler.ts';
import { findQemu, MACHINES } from './qemu.ts';

/** A kernel that a `vm:` URL can name, and what this machine lacks for it. */
export interface KernelState {
  readonly name: string;
  readonly summary: string;
  /** To boot it: packages of Debian, and programs. */
  readonly missing: readonly string[];
  /** To have allocert's own modules in it, as `vm:NAME/cma0`. */
  readonly missingForModules: readonly string[];
}

/** Every kernel that a `vm:` URL can name. QEMU is asked for its version; nothing is changed. */
export const listKernels = (): readonly KernelState[] => KERNELS.map(stateOf);

function stateOf(kernel: NamedKernel): KernelState {
  const { name, summary, architecture } = kernel;
  const { tried, packages } = toolchainsFor(architecture);
  const agent = tried.some(({ command }) => findOnPath(command) !== undefined) ? [] : [packages];
  return {
    name,
    summary,
    missing: [...missingEmulator(kernel), ...agent, ...kernel.missing()],
    missingForModules: missingForModules(architecture),
  };
}

function missingEmulator({ architecture }: NamedKernel): readonly string[] {
  try {
    findQemu(architecture);
    return [];
  } catch (thrown) {
    if (thrown instanceof AllocertError) return [MACHINES[architecture].package];
    throw thrown;
  }
}

/** One line about a kernel, for a list. */
export function describeKernel({ name, summary, missing, missingForModules }: KernelState): string {
  const lacks = missing.length > 0 ? `needs ${missing.join(', ')}` : 'can be booted';
  const modules =
    missingForModules.length > 0 ? `; vm:${name}/cma0 needs ${missingForModules.join(', ')}` : '';
  return `vm:${name}: ${summary}: ${lacks}${modules}`;
}
