/* SPDX-License-Identifier: MIT */
/* Resource limits and user ids of a client. */
#define _GNU_SOURCE
#include "../include/executor.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the kernel has it on every machine, whatever libc calls rlim_t. */
struct limit {
	uint64_t soft;
	uint64_t hard;
};

void ac_op_setrlimit(struct ac_call *call)
{
	struct limit limit;
	long resource = (long)call->arguments[0];
	long value;

	ac_call_begin(call);
	value = syscall(SYS_prlimit64, 0L, resource, NULL, &limit);
	if (value == 0) {
		limit.soft = call->arguments[1];
		value = syscall(SYS_prlimit64, 0L, resource, &limit, NULL);
	}
	ac_call_end(call, value);
}

/*
 * Whoever gave up its user id may no more reach the supervisor's memory, which exec needs, nor its
 * own files in /proc; and the kernel forgets that it is to die with its parent.
 */
void ac_op_setuid(struct ac_call *call)
{
	uid_t uid = (uid_t)call->arguments[0];
	int value;

	ac_keep_shared();
	ac_call_begin(call);
	value = setresuid(uid, uid, uid);
	ac_call_end(call, value);
	prctl(PR_SET_DUMPABLE, 1);
	ac_die_with_supervisor();
}
