/* SPDX-License-Identifier: MIT */
/* Timers, sleep and the barrier that lets threads of different clients meet. */
#include "../include/executor.h"

#include <sys/time.h>
#include <time.h>

void ac_op_itimer(struct ac_call *call)
{
	uint64_t microseconds = call->arguments[0];
	struct timeval interval = {
		.tv_sec = (time_t)(microseconds / 1000000u),
		.tv_usec = (suseconds_t)(microseconds % 1000000u),
	};
	struct itimerval timer = { .it_interval = interval, .it_value = interval };

	ac_call_begin(call);
	ac_call_end(call, setitimer(ITIMER_REAL, &timer, NULL));
}

void ac_op_sleep(struct ac_call *call)
{
	uint64_t microseconds = call->arguments[0];
	struct timespec length = {
		.tv_sec = (time_t)(microseconds / 1000000u),
		.tv_nsec = (long)(microseconds % 1000000u) * 1000,
	};
	int error;

	ac_call_begin(call);
	error = clock_nanosleep(CLOCK_MONOTONIC, 0, &length, NULL);
	errno = error;
	ac_call_end(call, error == 0 ? 0 : -1);
}

/* One barrier for each number of parties; a generation ends when that many have come. */
void ac_op_barrier(struct ac_call *call)
{
	uint64_t parties = call->arguments[0];
	struct ac_barrier *barrier;
	uint32_t generation;

	if (parties > AC_THREADS_MAX)
		return;
	barrier = &ac_shared->barriers[parties];
	ac_call_begin(call);
	generation = atomic_load(&barrier->generation);
	if (atomic_fetch_add(&barrier->arrived, 1) + 1 >= parties) {
		atomic_store(&barrier->arrived, 0);
		atomic_fetch_add(&barrier->generation, 1);
		ac_futex_wake_all(&barrier->generation);
	} else {
		while (atomic_load(&barrier->generation) == generation)
			ac_futex_wait(&barrier->generation, generation, 0);
	}
	ac_call_end(call, 0);
}
