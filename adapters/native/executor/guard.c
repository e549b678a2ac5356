/* SPDX-License-Identifier: MIT */
/*
 * The handlers of a client: faults that are results, faults that are deaths, and a quiet SIGALRM.
 */
#include "guard.h"

#include "executor.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

__thread struct ac_guard ac_guard;

static void on_fault(int number, siginfo_t *info, void *machine)
{
	(void)machine;
	/*
	 * si_code is above 0 when the kernel raised it for an access, not for somebody's kill(2).
	 */
	if (ac_guard.armed && info->si_code > 0) {
		ac_guard.armed = 0;
		siglongjmp(ac_guard.back, number);
	}
	signal(number, SIG_DFL);
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
}

static void on_alarm(int number)
{
	(void)number;
}

void ac_guard_install(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	sigemptyset(&action.sa_mask);
	action.sa_sigaction = on_fault;
	action.sa_flags = SA_SIGINFO | SA_NODEFER;
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	action.sa_flags = 0;
	action.sa_handler = on_alarm;
	sigaction(SIGALRM, &action, NULL);
}
