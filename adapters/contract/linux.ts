/** Constants of the Linux system-call interface (asm-generic), as operands take them. */
export const O_RDONLY = 0n;
export const O_WRONLY = 1n;
export const O_RDWR = 2n;
export const O_ACCMODE = 3n;
export const O_CREAT = 0o100n;
export const O_TRUNC = 0o1000n;
export const O_APPEND = 0o2000n;
export const O_NONBLOCK = 0o4000n;
export const O_DIRECT = 0o40000n;
export const O_CLOEXEC = 0o2000000n;
export const O_PATH = 0o10000000n;

export const F_DUPFD = 0n;
export const F_GETFD = 1n;
export const F_SETFD = 2n;
export const F_GETFL = 3n;
export const F_SETFL = 4n;
export const FD_CLOEXEC = 1n;

export const PROT_NONE = 0n;
export const PROT_READ = 1n;
export const PROT_WRITE = 2n;
export const MAP_SHARED = 1n;
export const MAP_PRIVATE = 2n;
export const MAP_LOCKED = 0x2000n;
export const MAP_NORESERVE = 0x4000n;
export const MAP_POPULATE = 0x8000n;
export const MREMAP_MAYMOVE = 1n;

export const SEEK_SET = 0n;
export const SEEK_CUR = 1n;
export const SEEK_END = 2n;

export const POLLIN = 1n;
export const POLLOUT = 4n;

export const RLIMIT_NOFILE = 7n;

export const SIGKILL = 9n;

/** Direction bits of an ioctl number. */
export const IOC_NONE = 0n;
export const IOC_WRITE = 1n;
export const IOC_READ = 2n;

/**
 * Builds an ioctl number the way asm-generic/ioctl.h does.
 *
 * @param direction any of {@link IOC_WRITE} and {@link IOC_READ}
 * @param size bytes of the argument, below 16,384
 */
export function ioctlNumber(direction: bigint, type: string, nr: bigint, size: bigint): bigint {
  return (direction << 30n) | (size << 16n) | (BigInt(type.charCodeAt(0)) << 8n) | nr;
}

/** The direction bits of an ioctl number: _IOC_DIR of asm-generic/ioctl.h. */
export const ioctlDirection = (request: bigint): bigint => (request >> 30n) & 3n;

/** Bytes of the argument that an ioctl number declares: _IOC_SIZE of asm-generic/ioctl.h. */
export const ioctlSize = (request: bigint): bigint => (request >> 16n) & 0x3fffn;

/** DMA_BUF_IOCTL_SYNC of include/uapi/linux/dma-buf.h: one u64 of flags. */
export const DMA_BUF_IOCTL_SYNC = ioctlNumber(IOC_WRITE, 'b', 0n, 8n);

/** DMA_BUF_SET_NAME_B of the same header: the argument is the text itself. */
export const DMA_BUF_SET_NAME = ioctlNumber(IOC_WRITE, 'b', 1n, 8n);

/** The major number in a st_rdev, as user space encodes it. Source: makedev(3). */
export const majorOf = (device: bigint): bigint =>
  ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
