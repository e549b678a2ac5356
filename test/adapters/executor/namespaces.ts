import { spawnSync } from 'node:child_process';

/** Everything that an agent needs of its machine for clients in namespaces of their own. */
const NEEDED =
  'mount -t tmpfs allocert /sys && mkdir /sys/proc && mount -t proc proc /sys/proc && ' +
  'mount --bind /proc/meminfo /sys/proc/meminfo && mknod /sys/node c 1 3';
const FLAGS = ['--mount', '--pid', '--net', '--ipc', '--fork'];

function skipReason(): string | false {
  if (process.geteuid?.() !== 0) return 'only root’s agents have namespaces';
  if (process.env.ALLOCERT_NATIVE_CFLAGS !== undefined) {
    return 'agents with a sanitizer load libraries, and have none';
  }
  const { status, stderr }: { status: number | null; stderr: string | null } = spawnSync('unshare', [...FLAGS, 'sh', '-ec', NEEDED], {
    encoding: 'utf8',
  });
  return status === 0 ? false : `no namespaces here: ${stderr?.trim() ?? 'there is no unshare'}`;
}

/** Why root's agents cannot give clients namespaces on this machine; false where they can. */
export const NAMESPACES_SKIP = skipReason();
