/* SPDX-License-Identifier: MIT */
/*
 * Arguments that no case has a use for, since what they do reaches beyond the client: refused with
 * EPERM before anybody is asked.
 */
#define _GNU_SOURCE
#include "../include/executor.h"
#include "../include/restricted.h"

#include <unistd.h>

int ac_may_open(uint64_t flags)
{
	return (flags & (AC_O_CREAT | AC_O_TMPFILE)) == 0;
}

int ac_may_fcntl(uint64_t command, uint64_t value)
{
	static const uint32_t refused[] = { AC_REFUSED_FCNTL };

	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if ((uint32_t)command == refused[i])
			return 0;
	}
	return (uint32_t)command != AC_F_SETFL || (value & AC_O_ASYNC) == 0;
}

int ac_may_ioctl(uint64_t request)
{
	static const uint32_t refused[] = { AC_REFUSED_IOCTL };

	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if ((uint32_t)request == refused[i])
			return 0;
	}
	/* Also of what is no socket: another thread may put one in its place. */
	return ((uint32_t)request & AC_NETWORK_IOCTL_MASK) != AC_NETWORK_IOCTL;
}

/* Process ids lie where clients can write: by them only clients of this case are reached. */
int ac_may_reach(pid_t pid)
{
	if (pid == 0)
		errno = ESRCH;
	else if (pid < 0)
		errno = EPERM;
	else if (getpgid(pid) == (pid_t)ac_shared->group)
		return 1;
	else if (getpgid(pid) >= 0)
		errno = EPERM;
	return 0;
}

/* The machine's memory holds what is other people's, unless the machine is the target's alone. */
int ac_may_see_memory(void)
{
	if (ac_shared->confined == AC_CONFINED_NOT)
		return 1;
	errno = EPERM;
	return 0;
}

void ac_call_refuse(struct ac_call *call)
{
	ac_call_begin(call);
	errno = EPERM;
	ac_call_end(call, -1);
}
