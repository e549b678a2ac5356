/* SPDX-License-Identifier: MIT */
/* Makes and maps the shared memory; time and futexes, which everything on it uses. */
#include "../include/shared.h"

#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

__thread struct ac_shared *ac_shared;

int ac_shared_create(void)
{
	int descriptor = (int)syscall(SYS_memfd_create, "allocert", 1u /* MFD_CLOEXEC */);

	if (descriptor < 0)
		return -1;
	if (ftruncate(descriptor, (off_t)sizeof(struct ac_shared)) < 0)
		return -1;
	if (ac_shared_map(descriptor) < 0)
		return -1;
	ac_shared->descriptor = descriptor;
	ac_shared->supervisor = (int32_t)getpid();
	ac_shared->slowness = 10;
	strcpy(ac_shared->executable, "/proc/self/exe");
	return 0;
}

int ac_shared_map(int descriptor)
{
	void *at = mmap(NULL, sizeof(struct ac_shared), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_NORESERVE, descriptor, 0);

	if (at == MAP_FAILED)
		return -1;
	ac_shared = at;
	return 0;
}

uint64_t ac_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* From linux/futex.h, which musl's compiler does not find. */
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1

/* The kernel's own timespec: on 32-bit machines libc's may be wider than the system call's. */
#ifdef SYS_futex
#define FUTEX_CALL SYS_futex
struct futex_time {
	long seconds;
	long nanoseconds;
};
#else
#define FUTEX_CALL SYS_futex_time64
struct futex_time {
	int64_t seconds;
	int64_t nanoseconds;
};
#endif

void ac_futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
	struct futex_time limit = {
		.seconds = (long)(timeout_ns / 1000000000u),
		.nanoseconds = (long)(timeout_ns % 1000000000u),
	};

	syscall(FUTEX_CALL, word, FUTEX_WAIT, value, timeout_ns == 0 ? NULL : &limit, NULL, 0);
}

void ac_futex_wake_all(_Atomic uint32_t *word)
{
	syscall(FUTEX_CALL, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void ac_notify_supervisor(void)
{
	atomic_fetch_add(&ac_shared->event, 1);
	ac_futex_wake_all(&ac_shared->event);
}

int64_t ac_arena_allocate(uint32_t bytes)
{
	uint32_t rounded = (bytes + 7u) & ~7u;
	uint32_t used = atomic_load(&ac_shared->arena_used);

	do {
		if (rounded > AC_OUT_ARENA_BYTES - used)
			return -1;
	} while (!atomic_compare_exchange_weak(&ac_shared->arena_used, &used, used + rounded));
	return used;
}
