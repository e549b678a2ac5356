/* SPDX-License-Identifier: MIT */
/*
 * The filter of a client's system calls, for whoever gets a client to run code of his own. What a
 * case or a library may need passes; what reaches into other processes, the machine's configuration
 * or parts of the kernel that no allocator needs is EPERM.
 */
#define _GNU_SOURCE
#include "../include/confine.h"
#include "../include/executor.h"
#include "../include/restricted.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From linux/filter.h, linux/seccomp.h and linux/audit.h, which musl's compiler does not find. */
struct instruction {
	uint16_t code;
	uint8_t if_true;
	uint8_t if_false;
	uint32_t value;
};

struct program {
	unsigned short length;
	struct instruction *instructions;
};

#define LOAD 0x20
#define JUMP_EQUAL 0x15
#define JUMP_LEAST 0x35
#define JUMP_BITS 0x45
#define AND 0x54
#define RETURN 0x06
#define ALLOW 0x7fff0000u
#define REFUSE(error) (0x00050000u | (error))
#define MODE_FILTER 2
#define SET_MODE_FILTER 1
/* Processors are not slowed down: nothing in a client is to be kept from the client. */
#define SPEC_ALLOW 4u

#define AT_NUMBER 0
#define AT_MACHINE 4
/* The lower half of an argument; all machines here are little-endian. */
#define AT_ARGUMENT(n) (16 + 8 * (n))

#if defined(__x86_64__) && !defined(__ILP32__)
#define MACHINE 0xc000003eu
#elif defined(__i386__)
#define MACHINE 0x40000003u
#elif defined(__aarch64__)
#define MACHINE 0xc00000b7u
#elif defined(__arm__)
#define MACHINE 0x40000028u
#endif

#define NAMESPACES 0x7e020000u /* CLONE_NEW…; CLONE_NEWTIME is no flag of clone */

#ifdef MACHINE
static const uint32_t refused[] = {
	SYS_ptrace, SYS_setns, SYS_unshare, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot,
	SYS_bpf, SYS_perf_event_open, SYS_add_key, SYS_keyctl, SYS_request_key, SYS_kexec_load,
	SYS_init_module, SYS_delete_module, SYS_finit_module, SYS_reboot, SYS_swapon, SYS_swapoff,
	SYS_quotactl, SYS_acct, SYS_syslog, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex,
	SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname, SYS_vhangup, SYS_mknodat,
	SYS_open_by_handle_at, SYS_setpgid, SYS_setsid, SYS_fanotify_init, SYS_kcmp,
	SYS_capset, SYS_migrate_pages, SYS_move_pages,
#ifdef SYS_mknod
	SYS_mknod,
#endif
#ifdef SYS_umount
	SYS_umount,
#endif
#ifdef SYS_stime
	SYS_stime,
#endif
#ifdef SYS_clock_settime64
	SYS_clock_settime64, SYS_clock_adjtime64,
#endif
#ifdef SYS_kexec_file_load
	SYS_kexec_file_load,
#endif
#ifdef SYS_iopl
	SYS_iopl, SYS_ioperm,
#endif
#ifdef SYS_modify_ldt
	SYS_modify_ldt,
#endif
#ifdef SYS_userfaultfd
	SYS_userfaultfd,
#endif
#ifdef SYS_pidfd_getfd
	SYS_pidfd_getfd,
#endif
#ifdef SYS_process_madvise
	SYS_process_madvise,
#endif
#ifdef SYS_io_uring_setup
	SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
#endif
#ifdef SYS_open_tree
	SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsmount, SYS_fsconfig, SYS_fspick,
#endif
#ifdef SYS_mount_setattr
	SYS_mount_setattr,
#endif
};
/*
 * What changes names and attributes of files: a device's clients see some of the machine's, such as
 * the agent's own program. A library may copy to memory of its own process with the first one, for
 * the EFAULT of a kernel.
 */
static const uint32_t refused_without_library[] = {
	SYS_process_vm_writev, SYS_fchmodat, SYS_fchmod, SYS_fchownat, SYS_fchown, SYS_utimensat,
	SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_removexattr, SYS_lremovexattr,
	SYS_fremovexattr, SYS_mkdirat, SYS_linkat, SYS_symlinkat, SYS_unlinkat, SYS_renameat2,
	SYS_truncate,
#ifdef SYS_renameat
	SYS_renameat,
#endif
#ifdef SYS_chmod
	SYS_chmod, SYS_chown, SYS_lchown, SYS_mkdir, SYS_rmdir, SYS_link, SYS_symlink, SYS_unlink,
	SYS_rename,
#endif
#ifdef SYS_utimes
	SYS_utimes, SYS_futimesat,
#endif
#ifdef SYS_utime
	SYS_utime,
#endif
#ifdef SYS_chown32
	SYS_chown32, SYS_lchown32, SYS_fchown32,
#endif
#ifdef SYS_truncate64
	SYS_truncate64,
#endif
#ifdef SYS_utimensat_time64
	SYS_utimensat_time64,
#endif
};
/* What came later, from fchmodat2 on, nobody has looked at; all machines number it alike. */
#define LATER 452u
/* Numbers of ARM's own, that every thread needs. */
#define MACHINES_OWN 0x0f0000u
/* With a process as their first argument: 0, the caller, or EPERM. */
static const uint32_t own_only[] = {
	SYS_prlimit64, SYS_sched_setaffinity, SYS_sched_setparam, SYS_sched_setscheduler,
	SYS_sched_setattr,
};
static const uint32_t refused_fcntl[] = { AC_REFUSED_FCNTL };
static const uint32_t refused_ioctl[] = { AC_REFUSED_IOCTL };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct writer {
	struct instruction at[512];
	unsigned used;
};

static void put(struct writer *to, uint16_t code, uint32_t value, uint8_t yes, uint8_t no)
{
	to->at[to->used++] = (struct instruction){ code, yes, no, value };
}

/* Up to `end_call`, which is given what this returns: for calls of that number alone. */
static unsigned begin_call(struct writer *to, uint32_t number)
{
	put(to, JUMP_EQUAL, number, 0, 0);
	return to->used;
}

static void end_call(struct writer *to, unsigned begun)
{
	put(to, RETURN, ALLOW, 0, 0);
	to->at[begun - 1].if_false = (uint8_t)(to->used - begun);
}

/* What is loaded is refused when it is one of these. */
static void put_refused(struct writer *to, const uint32_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		put(to, JUMP_EQUAL, values[i], 0, 1);
		put(to, RETURN, REFUSE(EPERM), 0, 0);
	}
}

/* What is loaded is refused when it has one of the bits. */
static void put_refused_bits(struct writer *to, uint32_t bits)
{
	put(to, JUMP_BITS, bits, 0, 1);
	put(to, RETURN, REFUSE(EPERM), 0, 0);
}

static void put_fcntl(struct writer *to, uint32_t number)
{
	unsigned call = begin_call(to, number);

	put(to, LOAD, AT_ARGUMENT(1), 0, 0);
	put_refused(to, refused_fcntl, COUNT(refused_fcntl));
	put(to, JUMP_EQUAL, AC_F_SETFL, 0, 3);
	put(to, LOAD, AT_ARGUMENT(2), 0, 0);
	put_refused_bits(to, AC_O_ASYNC);
	end_call(to, call);
}

static void put_ioctl(struct writer *to)
{
	static const uint32_t network[] = { AC_NETWORK_IOCTL };
	unsigned call = begin_call(to, SYS_ioctl);

	put(to, LOAD, AT_ARGUMENT(1), 0, 0);
	put_refused(to, refused_ioctl, COUNT(refused_ioctl));
	put(to, AND, AC_NETWORK_IOCTL_MASK, 0, 0);
	put_refused(to, network, COUNT(network));
	end_call(to, call);
}

static void put_clone(struct writer *to)
{
	unsigned call;

#ifdef SYS_clone3
	/* Its flags lie in memory; libc then takes clone. */
	put(to, JUMP_EQUAL, SYS_clone3, 0, 1);
	put(to, RETURN, REFUSE(ENOSYS), 0, 0);
#endif
	call = begin_call(to, SYS_clone);
	put(to, LOAD, AT_ARGUMENT(0), 0, 0);
	put_refused_bits(to, NAMESPACES);
	end_call(to, call);
}

/* Cases need pairs of sockets only. A library may speak to somebody on this machine. */
static void put_sockets(struct writer *to)
{
	unsigned call;

#ifdef SYS_socketcall
	static const uint32_t opening[] = { 1 }; /* SYS_SOCKET of linux/net.h */

	call = begin_call(to, SYS_socketcall);
	put(to, LOAD, AT_ARGUMENT(0), 0, 0);
	put_refused(to, opening, COUNT(opening));
	end_call(to, call);
#endif
	call = begin_call(to, SYS_socket);
	put(to, LOAD, AT_ARGUMENT(0), 0, 0);
	put(to, JUMP_EQUAL, ac_vendor == NULL ? AF_UNSPEC : AF_UNIX, 1, 0);
	put(to, RETURN, REFUSE(EPERM), 0, 0);
	end_call(to, call);
}

static void put_own_only(struct writer *to)
{
	for (size_t i = 0; i < COUNT(own_only); i++) {
		unsigned call = begin_call(to, own_only[i]);

		put(to, LOAD, AT_ARGUMENT(0), 0, 0);
		put(to, JUMP_EQUAL, 0, 1, 0);
		put(to, RETURN, REFUSE(EPERM), 0, 0);
		end_call(to, call);
	}
}

int ac_filter_install(void)
{
	struct writer to = { .used = 0 };
	struct program program;

	put(&to, LOAD, AT_MACHINE, 0, 0);
	put(&to, JUMP_EQUAL, MACHINE, 1, 0);
	put(&to, RETURN, REFUSE(ENOSYS), 0, 0);
	put(&to, LOAD, AT_NUMBER, 0, 0);
#if defined(__x86_64__)
	/* The other numbers of the same machine. */
	put(&to, JUMP_LEAST, 0x40000000u, 0, 1);
	put(&to, RETURN, REFUSE(ENOSYS), 0, 0);
#endif
	put_refused(&to, refused, COUNT(refused));
	if (ac_vendor == NULL) {
		put_refused(&to, refused_without_library, COUNT(refused_without_library));
		put(&to, JUMP_LEAST, MACHINES_OWN, 2, 0);
		put(&to, JUMP_LEAST, LATER, 0, 1);
		put(&to, RETURN, REFUSE(ENOSYS), 0, 0);
	}
	put_ioctl(&to);
	put_fcntl(&to, SYS_fcntl);
#ifdef SYS_fcntl64
	put_fcntl(&to, SYS_fcntl64);
#endif
	put_clone(&to);
	put_sockets(&to);
	put_own_only(&to);
	put(&to, RETURN, ALLOW, 0, 0);
	program = (struct program){ (unsigned short)to.used, to.at };
	if (syscall(SYS_seccomp, SET_MODE_FILTER, SPEC_ALLOW, &program) == 0)
		return 0;
	return prctl(PR_SET_SECCOMP, MODE_FILTER, &program, 0, 0);
}

/* A kernel that can filter looks for the program, and finds none. */
int ac_filter_works(void)
{
	return prctl(PR_SET_SECCOMP, MODE_FILTER, NULL, 0, 0) < 0 && errno == EFAULT;
}
#else
int ac_filter_install(void)
{
	return 0;
}

int ac_filter_works(void)
{
	return 0;
}
#endif
