import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheFolder, makeCacheFolder, sha256OfFile } from '../../base/cache.ts';
import { usageError } from '../../base/errors.ts';
import { type BuiltAgent, buildAgent } from '../executor/build/build.ts';
import type { KernelImage } from './kernels/kernel-image.ts';
import { kernelNamed } from './kernels/registry.ts';
import { namedModuleDetails } from './modules/named-modules.ts';
import { buildOwnModules, type VmModule } from './modules/own-modules.ts';
import type { VmTarget } from './target-url.ts';

/** The files that a guest is made of, and where they come from. */
export interface GuestParts {
  readonly kernel: KernelImage;
  readonly agent: BuiltAgent;
  /** In the order in which they are loaded. */
  readonly modules: readonly VmModule[];
  /** What a report says of all of them. */
  readonly details: Readonly<Record<string, string>>;
}

/**
 * Builds the agent, and fetches the kernel where it has a name; builds allocert's own modules for it
 * where the target is one of their regions.
 *
 * @param onStep hears what takes long
 * @throws {@link AllocertError} when something cannot be had here
 */
export async function prepareGuest(
  target: VmTarget,
  onStep: (step: string) => void,
): Promise<GuestParts> {
  // The compiler first: where there is none, nothing needs to be fetched.
  onStep('building the agent');
  const agents = join(cacheFolder(), 'agent');
  makeCacheFolder(agents);
  const agent = await buildAgent(agents, { architecture: target.agent });
  const named = kernelNamed(target.kernel);
  const kernel =
    named === undefined
      ? await ownKernel(target.kernel)
      : await named.prepare(target.version, onStep);
  const own =
    target.own === undefined ? undefined : await buildOwnModules(kernel, target.own, onStep);
  return {
    kernel,
    agent,
    modules: [...(own?.modules ?? []), ...target.modules],
    details: {
      ...kernel.details,
      ...own?.details,
      ...(await namedModuleDetails(target.modules)),
      agent: agent.digest,
      compiler: agent.compiler,
    },
  };
}

/** `HdrS` at this place makes a file a bzImage: the kernel's Documentation/arch/x86/boot.rst. */
const MAGIC = { at: 0x202, word: 'HdrS' } as const;

async function requireBzImage(image: string): Promise<void> {
  const file = await open(image);
  try {
    const { at, word } = MAGIC;
    const { buffer } = await file.read(Buffer.alloc(word.length), 0, word.length, at);
    if (buffer.toString('latin1') === word) return;
  } finally {
    await file.close();
  }
  throw usageError(
    `${image} is not a kernel image for 64-bit PCs; name the bzImage of a build, such as ` +
      'arch/x86/boot/bzImage',
  );
}

async function ownKernel(image: string): Promise<KernelImage> {
  await requireBzImage(image);
  return {
    image,
    architecture: 'x86_64',
    details: { image: basename(image), imageSha256: await sha256OfFile(image) },
  };
}
