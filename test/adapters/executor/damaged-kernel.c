/* SPDX-License-Identifier: MIT */
/* How long a Program with a deadline of ten seconds is waited for. */
#define _GNU_SOURCE
#include "../../../adapters/executor/supervisor/patience.c"

#include <stdio.h>

_Thread_local struct ac_shared *ac_shared;

uint64_t ac_now_ns(void)
{
	return 0;
}

static uint64_t ms(unsigned count)
{
	return (uint64_t)count * MILLISECOND;
}

/* The first instant, in whole milliseconds, at which the time is up. */
static void tell(const char *what, int damaged, unsigned back)
{
	struct ac_patience patience;
	unsigned at = 0;

	atomic_store(&ac_shared->threads[0].returned, 0);
	ac_patience_start(&patience, 0);
	for (; !ac_patience_ended(&patience, ms(at), damaged); at++) {
		if (back != 0 && at == back - 1)
			atomic_store(&ac_shared->threads[0].returned, 1);
	}
	printf("%s: not after %u ms, after %u ms\n", what, at - 1, at);
}

int main(void)
{
	struct ac_program *head;

	ac_shared = mmap(NULL, sizeof(*ac_shared), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ac_shared == MAP_FAILED)
		return 3;
	head = (struct ac_program *)ac_shared->program;
	head->threads = 1;
	head->deadline_ms = 10000;
	tell("right", 0, 0);
	tell("damaged", 1, 0);
	tell("a call that came back at 2000 ms", 1, 2000);
	return 0;
}
