/**
 * Linux errno names with their numbers on the wire (those of asm-generic). Code and reports use the
 * names only: the numbers differ between architectures, so the executor translates by name.
 */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  ENOEXEC: 8,
  EBADF: 9,
  ECHILD: 10,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  ENOTBLK: 15,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOTTY: 25,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EMLINK: 31,
  EPIPE: 32,
  EDOM: 33,
  ERANGE: 34,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOLCK: 37,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  ENOMSG: 42,
  EIDRM: 43,
  ECHRNG: 44,
  EL2NSYNC: 45,
  EL3HLT: 46,
  EL3RST: 47,
  ELNRNG: 48,
  EUNATCH: 49,
  ENOCSI: 50,
  EL2HLT: 51,
  EBADE: 52,
  EBADR: 53,
  EXFULL: 54,
  ENOANO: 55,
  EBADRQC: 56,
  EBADSLT: 57,
  EBFONT: 59,
  ENOSTR: 60,
  ENODATA: 61,
  ETIME: 62,
  ENOSR: 63,
  ENONET: 64,
  ENOPKG: 65,
  EREMOTE: 66,
  ENOLINK: 67,
  EADV: 68,
  ESRMNT: 69,
  ECOMM: 70,
  EPROTO: 71,
  EMULTIHOP: 72,
  EDOTDOT: 73,
  EBADMSG: 74,
  EOVERFLOW: 75,
  ENOTUNIQ: 76,
  EBADFD: 77,
  EREMCHG: 78,
  ELIBACC: 79,
  ELIBBAD: 80,
  ELIBSCN: 81,
  ELIBMAX: 82,
  ELIBEXEC: 83,
  EILSEQ: 84,
  ERESTART: 85,
  ESTRPIPE: 86,
  EUSERS: 87,
  ENOTSOCK: 88,
  EDESTADDRREQ: 89,
  EMSGSIZE: 90,
  EPROTOTYPE: 91,
  ENOPROTOOPT: 92,
  EPROTONOSUPPORT: 93,
  ESOCKTNOSUPPORT: 94,
  EOPNOTSUPP: 95,
  EPFNOSUPPORT: 96,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ENETRESET: 102,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ESHUTDOWN: 108,
  ETOOMANYREFS: 109,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
  ESTALE: 116,
  EUCLEAN: 117,
  ENOTNAM: 118,
  ENAVAIL: 119,
  EISNAM: 120,
  EREMOTEIO: 121,
  EDQUOT: 122,
  ENOMEDIUM: 123,
  EMEDIUMTYPE: 124,
  ECANCELED: 125,
  ENOKEY: 126,
  EKEYEXPIRED: 127,
  EKEYREVOKED: 128,
  EKEYREJECTED: 129,
  EOWNERDEAD: 130,
  ENOTRECOVERABLE: 131,
  ERFKILL: 132,
  EHWPOISON: 133,
} as const;

/** A Linux errno by name. */
export type ErrnoName = keyof typeof ERRNO;

/**
 * An errno that has no name for programs, by its number on the machine that gave it: `errno 524`.
 * A kernel has some for its own use, which programs must never see (include/linux/errno.h).
 */
export type UnnamedErrno = `errno ${number}`;

/** An errno in one word. */
export type ErrnoWord = ErrnoName | UnnamedErrno;

/** Set on the wire beside the number of an errno that has no name. */
export const UNNAMED_ERRNO = 0x8000;

/** The greatest errno that a system call can return (include/linux/err.h, MAX_ERRNO). */
const ERRNO_MAX = 4095;

const NAMES = new Map<number, ErrnoName>(
  (Object.entries(ERRNO) as [ErrnoName, number][]).map(([name, number]) => [number, name]),
);

/**
 * The name of an errno on the wire.
 *
 * @throws RangeError for a number that no Linux errno has
 */
export function errnoName(number: number): ErrnoName {
  const name = NAMES.get(number);
  if (name === undefined) throw new RangeError(`${number} is not an errno of Linux`);
  return name;
}

/**
 * The word of an errno on the wire: its name, or its number when it has none.
 *
 * @throws RangeError for a number that neither a name nor a system call has
 */
export function errnoWord(number: number): ErrnoWord {
  if (number < UNNAMED_ERRNO) return errnoName(number);
  const unnamed = number - UNNAMED_ERRNO;
  if (unnamed === 0 || unnamed > ERRNO_MAX) throw new RangeError(`${unnamed} is not an errno`);
  return `errno ${unnamed}`;
}

/** The number on the wire of an errno in one word; see {@link errnoWord}. */
export const errnoNumber = (word: ErrnoWord): number =>
  isErrnoName(word) ? ERRNO[word] : UNNAMED_ERRNO + Number(word.slice('errno '.length));

/** Whether a text is an errno in one word: a name, or `errno` and a number that can be one. */
export function isErrnoWord(text: string): text is ErrnoWord {
  if (isErrnoName(text)) return true;
  const [, number = '0'] = /^errno ([1-9]\d{0,3})$/.exec(text) ?? [];
  return number !== '0' && Number(number) <= ERRNO_MAX;
}

/** Whether a text is the name of an errno. */
export const isErrnoName = (name: string): name is ErrnoName => Object.hasOwn(ERRNO, name);
