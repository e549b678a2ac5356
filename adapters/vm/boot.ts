import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Acceleration } from './acceleration.ts';
import { Guest } from './guest.ts';
import type { GuestParts } from './prepare-guest.ts';
import { MACHINES, type Qemu } from './qemu.ts';
import type { VmTarget } from './target-url.ts';

const AGENT_PORT = '/dev/vport0p1';

/** The means of starting a guest. */
export interface GuestStart {
  readonly qemu: Qemu;
  readonly acceleration: Acceleration;
  readonly prepared: GuestParts;
  /** Path of the first file system; it stays until the guest has read it. */
  readonly initrd: string;
}

/**
 * Starts the guest of a target.
 *
 * @throws {@link AllocertError} when QEMU ends at once
 */
export const startGuest = (target: VmTarget, start: GuestStart): Promise<Guest> =>
  Guest.start({
    qemu: start.qemu,
    acceleration: start.acceleration,
    kernel: start.prepared.kernel.image,
    initrd: start.initrd,
    append: commandLine(target, start),
    memoryMiB: target.memoryMiB,
  });

function commandLine(target: VmTarget, { acceleration, prepared }: GuestStart): string {
  const console = `console=${MACHINES[target.architecture].console}`;
  // KASAN reports once a boot otherwise; other kernels take the word for one to their init.
  const own = [console, 'panic=-1', 'mitigations=off', 'kasan_multi_shot'];
  const regions = regionsOf(target).map((node) => `allocert.region=${node}`);
  const agent = [...regions, `allocert.port=${AGENT_PORT}`];
  const kernel = prepared.kernel.append ?? '';
  return [...own, acceleration.append, kernel, ...agent, target.append]
    .filter((word) => word !== '')
    .join(' ');
}

/** The region that was named, and the others of allocert's own modules: rules compare regions. */
function regionsOf({ region, own }: VmTarget): readonly string[] {
  const all = Array.from({ length: own?.regions ?? 0 }, (_, index) => `/dev/cma${index}`);
  return [region, ...all.filter((node) => node !== region)];
}

/** QEMU reads the file after it has connected: it stays until `use` is done. */
export async function withBootFiles<Value>(
  files: Uint8Array,
  use: (initrd: string) => Promise<Value>,
): Promise<Value> {
  const folder = await mkdtemp(join(tmpdir(), 'allocert-initrd-'));
  try {
    const initrd = join(folder, 'initrd.gz');
    await writeFile(initrd, files);
    return await use(initrd);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
