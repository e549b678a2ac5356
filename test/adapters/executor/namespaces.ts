import { spawnSync } from 'node:child_process';

/** Everything that an agent needs of its machine for clients in namespaces of their own. */
const NEEDED =
  'mount -t tmpfs allocert /sys && mkdir /sys/proc && mount -t proc proc /sys/proc && ' +
  'mount --bind /proc/meminfo /sys/proc/meminfo && mknod /sys/node c 1 3';
const FLAGS = ['--mount', '--pid', '--net', '--ipc', '--fork'];

function machineReason(): string | false {
  if (process.geteuid?.() !== 0) return 'only root has namespaces for the asking';
  const { status, stderr }: { status: number | null; stderr: string | null } = spawnSync(
    'unshare',
    [...FLAGS, 'sh', '-ec', NEEDED],
    {
      encoding: 'utf8',
    },
  );
  return status === 0 ? false : `no namespaces here: ${stderr?.trim() ?? 'there is no unshare'}`;
}

/** Why this process cannot make namespaces; false where it can. */
export const NO_NAMESPACES = machineReason();

/** Why agents give clients of a device none; false where they do. */
export const NAMESPACES_SKIP =
  process.env.ALLOCERT_NATIVE_CFLAGS === undefined
    ? NO_NAMESPACES
    : 'agents with a sanitizer load libraries, and stay with the filter';
