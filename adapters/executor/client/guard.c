/* SPDX-License-Identifier: MIT */
/*
 * The handlers of a client: faults that are results, faults that are deaths, and a quiet SIGALRM.
 */
#include "../include/guard.h"

#include "../include/executor.h"

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

typedef uint64_t __attribute__((aligned(1), may_alias)) loose_u64;

/* The barrier keeps the compiler from making a call to memcpy of it. */
__attribute__((no_sanitize("address", "undefined"))) void ac_touch(void *to, const void *from,
								   size_t bytes)
{
	uint8_t *target = to;
	const uint8_t *source = from;
	size_t i = 0;

	for (; i + 32 <= bytes; i += 32) {
		const loose_u64 *words = (const loose_u64 *)(const void *)(source + i);
		loose_u64 *out = (loose_u64 *)(void *)(target + i);
		uint64_t a = words[0], b = words[1], c = words[2], d = words[3];

		out[0] = a;
		out[1] = b;
		out[2] = c;
		out[3] = d;
		__asm__ volatile("" ::: "memory");
	}
	for (; i < bytes; i++) {
		target[i] = source[i];
		__asm__ volatile("" ::: "memory");
	}
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
