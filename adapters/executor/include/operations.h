/* SPDX-License-Identifier: MIT */
/* Generated from adapters/contract by `npm run generate`; do not edit. */
#ifndef ALLOCERT_OPERATIONS_H
#define ALLOCERT_OPERATIONS_H

#include <errno.h>
#include <stdint.h>

#define AC_WIRE_VERSION 2
#define AC_PROGRAM_MAGIC 0x52504341u
#define AC_HISTORY_MAGIC 0x49484341u
#define AC_HELLO_MAGIC 0x4f484341u
#define AC_CONTRACT_DIGEST 0x5b70abdbf57dba8aull
#define AC_FRAME_BYTES_MAX 0x4000000u
#define AC_OPERANDS_MAX 6
#define AC_OUT_BYTES_MAX 65536
#define AC_SLOTS_MAX 65536
#define AC_DEADLINES_MAX 8
#define AC_FIRST_FIXED_FILE 256
#define AC_FIRST_MINOR 512
#define AC_STEP_FAILURES_MAX 16
#define AC_STEP_ANOMALIES_MAX 8

enum ac_op {
	AC_OP_OPEN = 1,
	AC_OP_CLOSE = 2,
	AC_OP_IOCTL = 3,
	AC_OP_DUP = 4,
	AC_OP_DUP2 = 5,
	AC_OP_DUP3 = 6,
	AC_OP_FCNTL = 7,
	AC_OP_FSTAT = 8,
	AC_OP_LSEEK = 9,
	AC_OP_PREAD = 10,
	AC_OP_PWRITE = 11,
	AC_OP_POLL = 12,
	AC_OP_MMAP = 13,
	AC_OP_MUNMAP = 14,
	AC_OP_MPROTECT = 15,
	AC_OP_MREMAP = 16,
	AC_OP_LOAD = 17,
	AC_OP_STORE = 18,
	AC_OP_SCAN = 19,
	AC_OP_FORK = 20,
	AC_OP_EXEC = 21,
	AC_OP_WAIT = 22,
	AC_OP_EXIT = 23,
	AC_OP_KILL = 24,
	AC_OP_SOCKETPAIR = 25,
	AC_OP_SENDFD = 26,
	AC_OP_RECVFD = 27,
	AC_OP_MEMFD = 28,
	AC_OP_READLINK = 29,
	AC_OP_READFILE = 30,
	AC_OP_SETRLIMIT = 31,
	AC_OP_SETUID = 32,
	AC_OP_ITIMER = 33,
	AC_OP_BARRIER = 34,
	AC_OP_SLEEP = 35,
	AC_OP_REPEAT = 36,
	AC_OP_DESCRIPTORS = 37,
	AC_OP_REOPEN = 38,
	AC_OP_FTRUNCATE = 39,
	AC_OP_FRAMES = 40,
	AC_OP_PEEK = 41,
	AC_OP_MADVISE = 42,
	AC_OP_LOCATE = 43,
	AC_OP_FAILNTH = 44,
};

enum ac_frame_type {
	AC_FRAME_TYPE_HELLO = 1,
	AC_FRAME_TYPE_FACTS = 2,
	AC_FRAME_TYPE_BEGIN = 3,
	AC_FRAME_TYPE_BEGUN = 4,
	AC_FRAME_TYPE_RUN = 5,
	AC_FRAME_TYPE_EXECUTING = 6,
	AC_FRAME_TYPE_HISTORY = 7,
	AC_FRAME_TYPE_REFUSAL = 8,
	AC_FRAME_TYPE_BYE = 9,
	AC_FRAME_TYPE_NAMES = 10,
	AC_FRAME_TYPE_DEATH = 11,
};

enum ac_placement {
	AC_PLACEMENT_PLAIN = 0,
	AC_PLACEMENT_NULL = 1,
	AC_PLACEMENT_UNMAPPED = 2,
	AC_PLACEMENT_KERNEL = 3,
	AC_PLACEMENT_PAGE = 4,
	AC_PLACEMENT_PAGE_END = 5,
	AC_PLACEMENT_UNALIGNED = 6,
	AC_PLACEMENT_FLIPPED = 7,
};

enum ac_protection {
	AC_PROTECTION_UNMAPPED = 0,
	AC_PROTECTION_NONE = 1,
	AC_PROTECTION_READ_ONLY = 2,
	AC_PROTECTION_WRITE_ONLY = 3,
};

enum ac_stop {
	AC_STOP_NEVER = 0,
	AC_STOP_FAILURE = 1,
	AC_STOP_SUCCESS = 2,
};

struct ac_program {
	uint32_t magic; /* PROGRAM_MAGIC */
	uint16_t version; /* WIRE_VERSION */
	uint16_t threads; /* thread records that follow */
	uint32_t operations; /* operation records after them, bodies included */
	uint32_t data_bytes; /* bytes of data after those */
	uint32_t deadline_ms; /* milliseconds in which a call must come back, or its client is killed */
	uint32_t reserved0;
	uint64_t seed; /* for whatever the target does at random */
};
_Static_assert(sizeof(struct ac_program) == 32, "struct ac_program");

struct ac_thread {
	uint32_t client; /* client that it runs in; 0 is main */
	uint32_t first; /* index of its first operation record */
	uint32_t count; /* operation records, bodies included */
	uint32_t reserved0;
};
_Static_assert(sizeof(struct ac_thread) == 16, "struct ac_thread");

struct ac_operand {
	uint8_t kind; /* 0 literal, 1 value of a slot, 2 field of a slot’s out bytes */
	uint8_t width; /* bytes of the field: 1, 2, 4 or 8 */
	uint8_t flags; /* bit 0: the field is signed; bit 1: slot + iteration */
	uint8_t reserved0;
	uint32_t slot; /* slot number */
	uint64_t value; /* the literal, or the byte offset of the field */
};
_Static_assert(sizeof(struct ac_operand) == 16, "struct ac_operand");

struct ac_operation {
	uint16_t code; /* code in the table of operations */
	uint16_t flags; /* bit 0: the result goes to a slot; bit 1: slot + iteration */
	uint32_t slot; /* slot number */
	uint32_t data_offset; /* first byte in the data section */
	uint32_t data_length; /* bytes in the data section */
	uint32_t body; /* for repeat: operation records that follow and belong to it */
	uint16_t placement; /* kind of placement of the argument */
	uint16_t neighbour; /* its protection; for `flipped` the width of the field */
	int32_t distance; /* its distance, offset or misalignment, in bytes */
	uint32_t reserved0;
	struct ac_operand operands[AC_OPERANDS_MAX];
};
_Static_assert(sizeof(struct ac_operation) == 128, "struct ac_operation");

struct ac_history {
	uint32_t magic; /* HISTORY_MAGIC */
	uint16_t version; /* WIRE_VERSION */
	uint16_t flags; /* bit 0: the deadline was hit; bit 1: taint is known; bit 2: calls still came back */
	uint32_t results; /* result records that follow, one for each operation record */
	uint32_t deaths; /* death records after them */
	uint32_t data_bytes; /* bytes of data after those */
	uint32_t log_bytes; /* bytes of kernel log, UTF-8 lines, after the data */
	uint64_t taint; /* the kernel’s taint mask */
};
_Static_assert(sizeof(struct ac_history) == 32, "struct ac_history");

struct ac_result {
	uint8_t outcome; /* 0 returned, 1 faulted, 2 lost, 3 unsupported, 4 not run */
	uint8_t flags; /* red zone written: bit 0 before, bit 1 after; bit 2: it returned */
	uint16_t error; /* errno, asm-generic number, 0 for success; without a name 0x8000 + its number */
	uint32_t signal; /* signal number of a fault */
	int64_t value; /* what it returned */
	uint64_t call_ns; /* monotonic nanoseconds before the call */
	uint64_t return_ns; /* monotonic nanoseconds after it */
	uint64_t fault_offset; /* byte whose access faulted, from the address given */
	uint32_t out_offset; /* first out byte in the data section */
	uint32_t out_length; /* out bytes */
	uint64_t reserved0;
	uint64_t reserved1;
};
_Static_assert(sizeof(struct ac_result) == 64, "struct ac_result");

struct ac_death {
	uint32_t client;
	uint32_t signal; /* signal that ended it, or 0 */
	int32_t status; /* exit status when no signal did */
	uint32_t reason; /* 0 its own, 1 the deadline */
};
_Static_assert(sizeof(struct ac_death) == 16, "struct ac_death");

struct ac_step {
	uint64_t succeeded; /* iterations in which the operation succeeded */
	uint64_t failed; /* iterations in which it did not */
	uint32_t failures; /* failure records that follow the first and last result */
	uint32_t anomalies; /* anomaly records after those */
};
_Static_assert(sizeof(struct ac_step) == 24, "struct ac_step");

struct ac_failure {
	uint8_t outcome; /* as in a result */
	uint8_t reserved0;
	uint16_t error; /* errno, as in a result */
	uint32_t signal;
	uint64_t count; /* how often it happened */
};
_Static_assert(sizeof(struct ac_failure) == 16, "struct ac_failure");

struct ac_anomaly {
	uint64_t iteration; /* counted from 0; a result record follows */
};
_Static_assert(sizeof(struct ac_anomaly) == 8, "struct ac_anomaly");

struct ac_frame {
	uint32_t length; /* bytes of payload that follow, at most FRAME_BYTES_MAX */
	uint16_t type; /* type of frame */
	uint16_t reserved0;
};
_Static_assert(sizeof(struct ac_frame) == 8, "struct ac_frame");

struct ac_hello {
	uint32_t magic; /* HELLO_MAGIC */
	uint16_t version; /* WIRE_VERSION */
	uint16_t reserved0;
	uint64_t digest; /* CONTRACT_DIGEST: both ends were built from the same table */
};
_Static_assert(sizeof(struct ac_hello) == 16, "struct ac_hello");

#define AC_FILES_COUNT 5
static const char *const ac_files[] __attribute__((unused)) = {
	"/dev/null",
	"/dev/zero",
	"/dev/udmabuf",
	"/dev/dri/card0",
	"/dev/allocert_control",
};

#define AC_DOCUMENTS_COUNT 9
static const char *const ac_documents[] __attribute__((unused)) = {
	"/proc/meminfo",
	"/proc/self/fdinfo",
	"/proc/self/status",
	"/proc/devices",
	"/sys/class/simple_allocator",
	"/sys/kernel/debug/dma_buf/bufinfo",
	"/sys/kernel/tracing/events/dma_buf",
	"/sys/kernel/debug/cma",
	"/sys/kernel/debug/kcov",
};

/*
 * X(constant, name, hands_out_bytes) of every operation that a function does. One that hands out
 * bytes begins only where there is room for them.
 */
#define AC_CALLS(X) \
	X(AC_OP_OPEN, open, 0) \
	X(AC_OP_CLOSE, close, 0) \
	X(AC_OP_IOCTL, ioctl, 1) \
	X(AC_OP_DUP, dup, 0) \
	X(AC_OP_DUP2, dup2, 0) \
	X(AC_OP_DUP3, dup3, 0) \
	X(AC_OP_FCNTL, fcntl, 0) \
	X(AC_OP_FSTAT, fstat, 1) \
	X(AC_OP_LSEEK, lseek, 0) \
	X(AC_OP_PREAD, pread, 1) \
	X(AC_OP_PWRITE, pwrite, 0) \
	X(AC_OP_POLL, poll, 0) \
	X(AC_OP_MMAP, mmap, 0) \
	X(AC_OP_MUNMAP, munmap, 0) \
	X(AC_OP_MPROTECT, mprotect, 0) \
	X(AC_OP_MREMAP, mremap, 0) \
	X(AC_OP_LOAD, load, 1) \
	X(AC_OP_STORE, store, 0) \
	X(AC_OP_SCAN, scan, 1) \
	X(AC_OP_FORK, fork, 0) \
	X(AC_OP_EXEC, exec, 0) \
	X(AC_OP_WAIT, wait, 0) \
	X(AC_OP_EXIT, exit, 0) \
	X(AC_OP_KILL, kill, 0) \
	X(AC_OP_SOCKETPAIR, socketpair, 1) \
	X(AC_OP_SENDFD, sendfd, 0) \
	X(AC_OP_RECVFD, recvfd, 0) \
	X(AC_OP_MEMFD, memfd, 0) \
	X(AC_OP_READLINK, readlink, 1) \
	X(AC_OP_READFILE, readfile, 1) \
	X(AC_OP_SETRLIMIT, setrlimit, 0) \
	X(AC_OP_SETUID, setuid, 0) \
	X(AC_OP_ITIMER, itimer, 0) \
	X(AC_OP_BARRIER, barrier, 0) \
	X(AC_OP_SLEEP, sleep, 0) \
	X(AC_OP_DESCRIPTORS, descriptors, 1) \
	X(AC_OP_REOPEN, reopen, 0) \
	X(AC_OP_FTRUNCATE, ftruncate, 0) \
	X(AC_OP_FRAMES, frames, 1) \
	X(AC_OP_PEEK, peek, 1) \
	X(AC_OP_MADVISE, madvise, 0) \
	X(AC_OP_LOCATE, locate, 1) \
	X(AC_OP_FAILNTH, failnth, 0)

/* Whether repeating the operation gives the same value; a change is then an anomaly. */
static inline int ac_value_is_steady(unsigned code)
{
	switch (code) {
	case AC_OP_CLOSE:
	case AC_OP_IOCTL:
	case AC_OP_FSTAT:
	case AC_OP_LSEEK:
	case AC_OP_PREAD:
	case AC_OP_PWRITE:
	case AC_OP_POLL:
	case AC_OP_MUNMAP:
	case AC_OP_MPROTECT:
	case AC_OP_LOAD:
	case AC_OP_STORE:
	case AC_OP_SCAN:
	case AC_OP_EXEC:
	case AC_OP_EXIT:
	case AC_OP_KILL:
	case AC_OP_SOCKETPAIR:
	case AC_OP_SENDFD:
	case AC_OP_SETRLIMIT:
	case AC_OP_SETUID:
	case AC_OP_ITIMER:
	case AC_OP_BARRIER:
	case AC_OP_SLEEP:
	case AC_OP_FTRUNCATE:
	case AC_OP_FRAMES:
	case AC_OP_PEEK:
	case AC_OP_MADVISE:
	case AC_OP_LOCATE:
		return 1;
	default:
		return 0;
	}
}

/*
 * The number on the wire of an errno of this machine. One that has no name keeps its number,
 * beside a bit that tells it from the others.
 */
static inline uint16_t ac_errno_on_wire(int number)
{
	switch (number) {
	case 0:
		return 0;
#ifdef EPERM
	case EPERM:
		return 1;
#endif
#ifdef ENOENT
	case ENOENT:
		return 2;
#endif
#ifdef ESRCH
	case ESRCH:
		return 3;
#endif
#ifdef EINTR
	case EINTR:
		return 4;
#endif
#ifdef EIO
	case EIO:
		return 5;
#endif
#ifdef ENXIO
	case ENXIO:
		return 6;
#endif
#ifdef E2BIG
	case E2BIG:
		return 7;
#endif
#ifdef ENOEXEC
	case ENOEXEC:
		return 8;
#endif
#ifdef EBADF
	case EBADF:
		return 9;
#endif
#ifdef ECHILD
	case ECHILD:
		return 10;
#endif
#ifdef EAGAIN
	case EAGAIN:
		return 11;
#endif
#ifdef ENOMEM
	case ENOMEM:
		return 12;
#endif
#ifdef EACCES
	case EACCES:
		return 13;
#endif
#ifdef EFAULT
	case EFAULT:
		return 14;
#endif
#ifdef ENOTBLK
	case ENOTBLK:
		return 15;
#endif
#ifdef EBUSY
	case EBUSY:
		return 16;
#endif
#ifdef EEXIST
	case EEXIST:
		return 17;
#endif
#ifdef EXDEV
	case EXDEV:
		return 18;
#endif
#ifdef ENODEV
	case ENODEV:
		return 19;
#endif
#ifdef ENOTDIR
	case ENOTDIR:
		return 20;
#endif
#ifdef EISDIR
	case EISDIR:
		return 21;
#endif
#ifdef EINVAL
	case EINVAL:
		return 22;
#endif
#ifdef ENFILE
	case ENFILE:
		return 23;
#endif
#ifdef EMFILE
	case EMFILE:
		return 24;
#endif
#ifdef ENOTTY
	case ENOTTY:
		return 25;
#endif
#ifdef ETXTBSY
	case ETXTBSY:
		return 26;
#endif
#ifdef EFBIG
	case EFBIG:
		return 27;
#endif
#ifdef ENOSPC
	case ENOSPC:
		return 28;
#endif
#ifdef ESPIPE
	case ESPIPE:
		return 29;
#endif
#ifdef EROFS
	case EROFS:
		return 30;
#endif
#ifdef EMLINK
	case EMLINK:
		return 31;
#endif
#ifdef EPIPE
	case EPIPE:
		return 32;
#endif
#ifdef EDOM
	case EDOM:
		return 33;
#endif
#ifdef ERANGE
	case ERANGE:
		return 34;
#endif
#ifdef EDEADLK
	case EDEADLK:
		return 35;
#endif
#ifdef ENAMETOOLONG
	case ENAMETOOLONG:
		return 36;
#endif
#ifdef ENOLCK
	case ENOLCK:
		return 37;
#endif
#ifdef ENOSYS
	case ENOSYS:
		return 38;
#endif
#ifdef ENOTEMPTY
	case ENOTEMPTY:
		return 39;
#endif
#ifdef ELOOP
	case ELOOP:
		return 40;
#endif
#ifdef ENOMSG
	case ENOMSG:
		return 42;
#endif
#ifdef EIDRM
	case EIDRM:
		return 43;
#endif
#ifdef ECHRNG
	case ECHRNG:
		return 44;
#endif
#ifdef EL2NSYNC
	case EL2NSYNC:
		return 45;
#endif
#ifdef EL3HLT
	case EL3HLT:
		return 46;
#endif
#ifdef EL3RST
	case EL3RST:
		return 47;
#endif
#ifdef ELNRNG
	case ELNRNG:
		return 48;
#endif
#ifdef EUNATCH
	case EUNATCH:
		return 49;
#endif
#ifdef ENOCSI
	case ENOCSI:
		return 50;
#endif
#ifdef EL2HLT
	case EL2HLT:
		return 51;
#endif
#ifdef EBADE
	case EBADE:
		return 52;
#endif
#ifdef EBADR
	case EBADR:
		return 53;
#endif
#ifdef EXFULL
	case EXFULL:
		return 54;
#endif
#ifdef ENOANO
	case ENOANO:
		return 55;
#endif
#ifdef EBADRQC
	case EBADRQC:
		return 56;
#endif
#ifdef EBADSLT
	case EBADSLT:
		return 57;
#endif
#ifdef EBFONT
	case EBFONT:
		return 59;
#endif
#ifdef ENOSTR
	case ENOSTR:
		return 60;
#endif
#ifdef ENODATA
	case ENODATA:
		return 61;
#endif
#ifdef ETIME
	case ETIME:
		return 62;
#endif
#ifdef ENOSR
	case ENOSR:
		return 63;
#endif
#ifdef ENONET
	case ENONET:
		return 64;
#endif
#ifdef ENOPKG
	case ENOPKG:
		return 65;
#endif
#ifdef EREMOTE
	case EREMOTE:
		return 66;
#endif
#ifdef ENOLINK
	case ENOLINK:
		return 67;
#endif
#ifdef EADV
	case EADV:
		return 68;
#endif
#ifdef ESRMNT
	case ESRMNT:
		return 69;
#endif
#ifdef ECOMM
	case ECOMM:
		return 70;
#endif
#ifdef EPROTO
	case EPROTO:
		return 71;
#endif
#ifdef EMULTIHOP
	case EMULTIHOP:
		return 72;
#endif
#ifdef EDOTDOT
	case EDOTDOT:
		return 73;
#endif
#ifdef EBADMSG
	case EBADMSG:
		return 74;
#endif
#ifdef EOVERFLOW
	case EOVERFLOW:
		return 75;
#endif
#ifdef ENOTUNIQ
	case ENOTUNIQ:
		return 76;
#endif
#ifdef EBADFD
	case EBADFD:
		return 77;
#endif
#ifdef EREMCHG
	case EREMCHG:
		return 78;
#endif
#ifdef ELIBACC
	case ELIBACC:
		return 79;
#endif
#ifdef ELIBBAD
	case ELIBBAD:
		return 80;
#endif
#ifdef ELIBSCN
	case ELIBSCN:
		return 81;
#endif
#ifdef ELIBMAX
	case ELIBMAX:
		return 82;
#endif
#ifdef ELIBEXEC
	case ELIBEXEC:
		return 83;
#endif
#ifdef EILSEQ
	case EILSEQ:
		return 84;
#endif
#ifdef ERESTART
	case ERESTART:
		return 85;
#endif
#ifdef ESTRPIPE
	case ESTRPIPE:
		return 86;
#endif
#ifdef EUSERS
	case EUSERS:
		return 87;
#endif
#ifdef ENOTSOCK
	case ENOTSOCK:
		return 88;
#endif
#ifdef EDESTADDRREQ
	case EDESTADDRREQ:
		return 89;
#endif
#ifdef EMSGSIZE
	case EMSGSIZE:
		return 90;
#endif
#ifdef EPROTOTYPE
	case EPROTOTYPE:
		return 91;
#endif
#ifdef ENOPROTOOPT
	case ENOPROTOOPT:
		return 92;
#endif
#ifdef EPROTONOSUPPORT
	case EPROTONOSUPPORT:
		return 93;
#endif
#ifdef ESOCKTNOSUPPORT
	case ESOCKTNOSUPPORT:
		return 94;
#endif
#ifdef EOPNOTSUPP
	case EOPNOTSUPP:
		return 95;
#endif
#ifdef EPFNOSUPPORT
	case EPFNOSUPPORT:
		return 96;
#endif
#ifdef EAFNOSUPPORT
	case EAFNOSUPPORT:
		return 97;
#endif
#ifdef EADDRINUSE
	case EADDRINUSE:
		return 98;
#endif
#ifdef EADDRNOTAVAIL
	case EADDRNOTAVAIL:
		return 99;
#endif
#ifdef ENETDOWN
	case ENETDOWN:
		return 100;
#endif
#ifdef ENETUNREACH
	case ENETUNREACH:
		return 101;
#endif
#ifdef ENETRESET
	case ENETRESET:
		return 102;
#endif
#ifdef ECONNABORTED
	case ECONNABORTED:
		return 103;
#endif
#ifdef ECONNRESET
	case ECONNRESET:
		return 104;
#endif
#ifdef ENOBUFS
	case ENOBUFS:
		return 105;
#endif
#ifdef EISCONN
	case EISCONN:
		return 106;
#endif
#ifdef ENOTCONN
	case ENOTCONN:
		return 107;
#endif
#ifdef ESHUTDOWN
	case ESHUTDOWN:
		return 108;
#endif
#ifdef ETOOMANYREFS
	case ETOOMANYREFS:
		return 109;
#endif
#ifdef ETIMEDOUT
	case ETIMEDOUT:
		return 110;
#endif
#ifdef ECONNREFUSED
	case ECONNREFUSED:
		return 111;
#endif
#ifdef EHOSTDOWN
	case EHOSTDOWN:
		return 112;
#endif
#ifdef EHOSTUNREACH
	case EHOSTUNREACH:
		return 113;
#endif
#ifdef EALREADY
	case EALREADY:
		return 114;
#endif
#ifdef EINPROGRESS
	case EINPROGRESS:
		return 115;
#endif
#ifdef ESTALE
	case ESTALE:
		return 116;
#endif
#ifdef EUCLEAN
	case EUCLEAN:
		return 117;
#endif
#ifdef ENOTNAM
	case ENOTNAM:
		return 118;
#endif
#ifdef ENAVAIL
	case ENAVAIL:
		return 119;
#endif
#ifdef EISNAM
	case EISNAM:
		return 120;
#endif
#ifdef EREMOTEIO
	case EREMOTEIO:
		return 121;
#endif
#ifdef EDQUOT
	case EDQUOT:
		return 122;
#endif
#ifdef ENOMEDIUM
	case ENOMEDIUM:
		return 123;
#endif
#ifdef EMEDIUMTYPE
	case EMEDIUMTYPE:
		return 124;
#endif
#ifdef ECANCELED
	case ECANCELED:
		return 125;
#endif
#ifdef ENOKEY
	case ENOKEY:
		return 126;
#endif
#ifdef EKEYEXPIRED
	case EKEYEXPIRED:
		return 127;
#endif
#ifdef EKEYREVOKED
	case EKEYREVOKED:
		return 128;
#endif
#ifdef EKEYREJECTED
	case EKEYREJECTED:
		return 129;
#endif
#ifdef EOWNERDEAD
	case EOWNERDEAD:
		return 130;
#endif
#ifdef ENOTRECOVERABLE
	case ENOTRECOVERABLE:
		return 131;
#endif
#ifdef ERFKILL
	case ERFKILL:
		return 132;
#endif
#ifdef EHWPOISON
	case EHWPOISON:
		return 133;
#endif
	default:
		return (uint16_t)(32768u | ((unsigned)number & 32767u));
	}
}

#endif
