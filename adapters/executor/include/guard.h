/* SPDX-License-Identifier: MIT */
/*
 * Access to memory that may fault. The body runs under sigsetjmp; when an access raises SIGSEGV or
 * SIGBUS, control comes back with `signal` set.
 */
#ifndef ALLOCERT_GUARD_H
#define ALLOCERT_GUARD_H

#include <setjmp.h>
#include <signal.h>

struct ac_guard {
	sigjmp_buf back;
	volatile sig_atomic_t armed;
};

extern __thread struct ac_guard ac_guard;

/*
 * Copies to or from memory of the target. The access faults as it is, and by nothing that would
 * look at the address before: a sanitizer gets to see none of it.
 */
void ac_touch(void *to, const void *from, size_t bytes);

/*
 * 0 at first, the signal when an access faulted. The signal mask is not saved: the handler runs
 * with SA_NODEFER, so nothing has to be restored, and a load costs no system call.
 */
#define AC_GUARD_ENTER() (ac_guard.armed = 1, sigsetjmp(ac_guard.back, 0))
#define AC_GUARD_LEAVE() (ac_guard.armed = 0)

#endif
