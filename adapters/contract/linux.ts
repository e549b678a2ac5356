/**
 * Constants of the Linux system-call interface as operands take them, grouped by the header of the
 * kernel that defines them; where architectures differ, the values are those of asm-generic.
 * `linux-numbers.ts` has them as plain numbers. No other file defines one of these again.
 */
import { SIGNALS } from './signals.ts';

// include/uapi/asm-generic/fcntl.h
export const O_RDONLY = 0n;
export const O_WRONLY = 1n;
export const O_RDWR = 2n;
export const O_ACCMODE = 3n;
export const O_CREAT = 0o100n;
export const O_EXCL = 0o200n;
export const O_NOCTTY = 0o400n;
export const O_TRUNC = 0o1000n;
export const O_APPEND = 0o2000n;
export const O_NONBLOCK = 0o4000n;
export const O_DIRECT = 0o40000n;
export const O_LARGEFILE = 0o100000n;
export const O_DIRECTORY = 0o200000n;
export const O_NOATIME = 0o1000000n;
export const O_CLOEXEC = 0o2000000n;
export const O_PATH = 0o10000000n;
export const F_DUPFD = 0n;
export const F_GETFD = 1n;
export const F_SETFD = 2n;
export const F_GETFL = 3n;
export const F_SETFL = 4n;
export const FD_CLOEXEC = 1n;

// include/uapi/linux/fcntl.h
export const F_DUPFD_CLOEXEC = 1030n;
/** The number that stands for the working directory; it is no descriptor. */
export const AT_FDCWD = -100n;

// include/uapi/linux/stat.h
export const S_IFMT = 0o170000n;
export const S_IFCHR = 0o020000n;
export const S_IFDIR = 0o040000n;
export const S_IFREG = 0o100000n;
export const S_IFSOCK = 0o140000n;

// include/uapi/linux/fs.h
export const SEEK_SET = 0n;
export const SEEK_CUR = 1n;
export const SEEK_END = 2n;
/** SEEK_MAX: the largest that lseek knows, which is SEEK_HOLE. */
export const SEEK_MAX = 4n;

// include/uapi/asm-generic/mman-common.h
export const PROT_NONE = 0n;
export const PROT_READ = 1n;
export const PROT_WRITE = 2n;
export const PROT_EXEC = 4n;
export const MAP_FIXED = 0x10n;
export const MAP_ANONYMOUS = 0x20n;
export const MAP_POPULATE = 0x8000n;
export const MAP_FIXED_NOREPLACE = 0x100000n;

// include/uapi/asm-generic/mman.h
export const MAP_LOCKED = 0x2000n;
export const MAP_NORESERVE = 0x4000n;

// include/uapi/linux/mman.h
export const MAP_SHARED = 1n;
export const MAP_PRIVATE = 2n;
export const MAP_SHARED_VALIDATE = 3n;
/** The bits of the flags that say which of these three a mapping is. */
export const MAP_TYPE = 0xfn;
export const MADV_NORMAL = 0n;
export const MADV_RANDOM = 1n;
export const MADV_SEQUENTIAL = 2n;
export const MADV_WILLNEED = 3n;
export const MADV_DONTNEED = 4n;
export const MADV_DONTFORK = 10n;
export const MADV_DOFORK = 11n;
/**
 * Advice that takes nothing from the client itself; what a child inherits is another matter. Other
 * advice may throw private pages away.
 */
export const IDLE_ADVICE: readonly bigint[] = [
  MADV_NORMAL,
  MADV_RANDOM,
  MADV_SEQUENTIAL,
  MADV_WILLNEED,
  MADV_DONTFORK,
  MADV_DOFORK,
];
export const MREMAP_MAYMOVE = 1n;
export const MREMAP_FIXED = 2n;
export const MREMAP_DONTUNMAP = 4n;

// include/uapi/asm-generic/poll.h
export const POLLIN = 1n;
export const POLLOUT = 4n;
export const POLLNVAL = 0x20n;

// include/uapi/asm-generic/resource.h
export const RLIMIT_NOFILE = 7n;
export const RLIM_NLIMITS = 16n;

// include/uapi/asm-generic/signal.h; by their names in signals.ts
export const SIGKILL = BigInt(SIGNALS.SIGKILL);
/** _NSIG, the largest number of a signal. */
export const NSIG = 64n;

// include/linux/socket.h
export const MSG_PEEK = 2n;
export const MSG_CMSG_CLOEXEC = 0x40000000n;

// include/linux/panic.h: bits of the mask in /proc/sys/kernel/tainted
export const TAINT_BAD_PAGE = 1n << 5n;
export const TAINT_DIE = 1n << 7n;
export const TAINT_WARN = 1n << 9n;
export const TAINT_SOFTLOCKUP = 1n << 14n;

// include/uapi/linux/major.h
export const MISC_MAJOR = 10n;

// include/uapi/asm-generic/ioctl.h: where an ioctl number holds its direction and its size
export const IOC_NONE = 0n;
export const IOC_WRITE = 1n;
export const IOC_READ = 2n;
const IOC_TYPESHIFT = 8n;
/** _IOC_SIZESHIFT. */
export const IOC_SIZESHIFT = 16n;
/** _IOC_DIRSHIFT. */
export const IOC_DIRSHIFT = 30n;
/** _IOC_SIZEMASK, before it is shifted. */
export const IOC_SIZEMASK = 0x3fffn;
const IOC_DIRMASK = 3n;

/**
 * Builds an ioctl number the way asm-generic/ioctl.h does.
 *
 * @param direction any of {@link IOC_WRITE} and {@link IOC_READ}
 * @param size bytes of the argument, below 16,384
 */
export function ioctlNumber(direction: bigint, type: string, nr: bigint, size: bigint): bigint {
  const letter = BigInt(type.charCodeAt(0)) << IOC_TYPESHIFT;
  return (direction << IOC_DIRSHIFT) | (size << IOC_SIZESHIFT) | letter | nr;
}

/** The direction bits of an ioctl number: _IOC_DIR of asm-generic/ioctl.h. */
export const ioctlDirection = (request: bigint): bigint => (request >> IOC_DIRSHIFT) & IOC_DIRMASK;

/** The type letter of an ioctl number as a number: _IOC_TYPE of asm-generic/ioctl.h. */
export const ioctlType = (request: bigint): bigint => (request >> IOC_TYPESHIFT) & 0xffn;

/** The number of a command within its type: _IOC_NR of asm-generic/ioctl.h. */
export const ioctlNr = (request: bigint): bigint => request & 0xffn;

/** Bytes of the argument that an ioctl number declares: _IOC_SIZE of asm-generic/ioctl.h. */
export const ioctlSize = (request: bigint): bigint => (request >> IOC_SIZESHIFT) & IOC_SIZEMASK;

// include/uapi/linux/dma-buf.h
/** Its argument is one u64 of flags. */
export const DMA_BUF_IOCTL_SYNC = ioctlNumber(IOC_WRITE, 'b', 0n, 8n);
/** DMA_BUF_SET_NAME_B: its argument is the text itself. */
export const DMA_BUF_SET_NAME = ioctlNumber(IOC_WRITE, 'b', 1n, 8n);
/** Bytes of a buffer's name with its NUL. */
export const DMA_BUF_NAME_LEN = 32n;
export const DMA_BUF_SYNC_READ = 1n;
export const DMA_BUF_SYNC_WRITE = 2n;
export const DMA_BUF_SYNC_END = 4n;
/** DMA_BUF_SYNC_READ and DMA_BUF_SYNC_WRITE. */
export const DMA_BUF_SYNC_RW = 3n;
export const DMA_BUF_SYNC_VALID_FLAGS_MASK = 7n;

/** The major number in a st_rdev, as user space encodes it. Source: makedev(3). */
export const majorOf = (device: bigint): bigint =>
  ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
