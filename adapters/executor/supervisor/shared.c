/* SPDX-License-Identifier: MIT */
/* Makes and maps the shared memory; time and futexes, which everything on it uses. */
#define _GNU_SOURCE
#include "../include/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

__thread struct ac_shared *ac_shared;

/* From linux/memfd.h and linux/fcntl.h. */
#define MEMFD_CLOEXEC 1u
#define MEMFD_ALLOW_SEALING 2u
#define ADD_SEALS 1033
#define SEAL_SEAL 0x1
#define SEAL_SHRINK 0x2
#define SEAL_GROW 0x4
#define SEAL_FUTURE_WRITE 0x10
/* Nobody takes away what the supervisor has mapped, nor adds a seal that stops later clients. */
#define SEAL_SIZE (SEAL_SEAL | SEAL_SHRINK | SEAL_GROW)

static int make_part(size_t bytes)
{
	unsigned flags = MEMFD_CLOEXEC | MEMFD_ALLOW_SEALING;
	int descriptor = (int)syscall(SYS_memfd_create, "allocert", flags);

	if (descriptor >= 0 && ftruncate(descriptor, (off_t)bytes) < 0) {
		close(descriptor);
		return -1;
	}
	return descriptor;
}

static int map_part(void *at, size_t bytes, int protection, int descriptor)
{
	return mmap(at, bytes, protection, MAP_SHARED | MAP_FIXED | MAP_NORESERVE, descriptor, 0) ==
			       MAP_FAILED
		       ? -1
		       : 0;
}

static int map_both(int control, int protection, int data)
{
	/* The parts start where pages of any size do. */
	size_t room = sizeof(struct ac_shared) + AC_PART_ALIGNMENT;
	uintptr_t at = (uintptr_t)mmap(NULL, room, PROT_NONE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uintptr_t start = (at + AC_PART_ALIGNMENT - 1) & ~(uintptr_t)(AC_PART_ALIGNMENT - 1);

	if (at == (uintptr_t)MAP_FAILED)
		return -1;
	if (start > at)
		munmap((void *)at, start - at);
	if (at + room > start + sizeof(struct ac_shared))
		munmap((void *)(start + sizeof(struct ac_shared)),
		       at + room - start - sizeof(struct ac_shared));
	if (map_part((void *)start, AC_CONTROL_BYTES, protection, control) < 0 ||
	    map_part((void *)(start + AC_CONTROL_BYTES), AC_DATA_BYTES, PROT_READ | PROT_WRITE,
		     data) < 0) {
		munmap((void *)start, sizeof(struct ac_shared));
		return -1;
	}
	ac_shared = (struct ac_shared *)start;
	return 0;
}

/* The same memory by a descriptor that does not write; the other is closed. */
static int for_reading(int descriptor)
{
	char path[64];
	int reading;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	reading = open(path, O_RDONLY | O_CLOEXEC);
	/* Without /proc the seal has to do. */
	if (reading < 0)
		return descriptor;
	close(descriptor);
	return reading;
}

int ac_shared_create(void)
{
	int control = make_part(AC_CONTROL_BYTES);
	int data = make_part(AC_DATA_BYTES);

	if (control < 0 || data < 0 || map_both(control, PROT_READ | PROT_WRITE, data) < 0) {
		int error = errno;

		close(control);
		close(data);
		errno = error;
		return -1;
	}
	/* Kernels before 5.1 do not know it; there the descriptor for reading has to do. */
	if (fcntl(control, ADD_SEALS, SEAL_SIZE | SEAL_FUTURE_WRITE) < 0)
		(void)fcntl(control, ADD_SEALS, SEAL_SIZE);
	(void)fcntl(data, ADD_SEALS, SEAL_SIZE);
	ac_shared->control = for_reading(control);
	ac_shared->data = data;
	ac_shared->supervisor = (int32_t)getpid();
	ac_shared->slowness = 10;
	strcpy(ac_shared->executable, "/proc/self/exe");
	return 0;
}

void ac_shared_close(struct ac_shared *shared)
{
	int control = shared->control;
	int data = shared->data;

	munmap(shared, sizeof(*shared));
	close(control);
	close(data);
}

int ac_shared_protect(void)
{
	return map_part(ac_shared, AC_CONTROL_BYTES, PROT_READ, ac_shared->control);
}

int ac_shared_map(int control, int data)
{
	return map_both(control, PROT_READ, data);
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

/* Longest time of looking: about what it takes to fall asleep and be woken on an emulator. */
#define GLANCE_NS_MAX 100000u
#define GLANCE_NS_MIN 4000u
/* Looks between two readings of the clock. */
#define GLANCES 64

/* How long this thread looks; 0 where that did not pay. */
static __thread uint32_t glance_ns = GLANCE_NS_MIN;

static uint32_t processors(void)
{
	static _Atomic uint32_t known;
	uint32_t count = atomic_load_explicit(&known, memory_order_relaxed);

	if (count == 0) {
		long online = sysconf(_SC_NPROCESSORS_ONLN);

		count = online > 1 ? (uint32_t)online : 1;
		atomic_store_explicit(&known, count, memory_order_relaxed);
	}
	return count;
}

/* Threads of a Program that are to meet need all processors: none is left for looking. */
static int has_one_to_spare(void)
{
	return ((const struct ac_program *)ac_shared->program)->threads < processors();
}

static int changes_soon(_Atomic uint32_t *word, uint32_t value, uint64_t start)
{
	do {
		for (int i = 0; i < GLANCES; i++) {
			if (atomic_load_explicit(word, memory_order_acquire) != value)
				return 1;
		}
	} while (ac_now_ns() - start < glance_ns);
	return 0;
}

void ac_await_change(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns,
		     _Atomic uint32_t *asleep)
{
	uint64_t start = ac_now_ns();

	if (glance_ns > 0 && has_one_to_spare() && changes_soon(word, value, start))
		return;
	atomic_store(asleep, 1);
	if (atomic_load(word) == value)
		ac_futex_wait(word, value, timeout_ns);
	atomic_store(asleep, 0);
	/* Twice as long next time if that would have been enough, else half as long. */
	if (ac_now_ns() - start > GLANCE_NS_MAX)
		glance_ns = glance_ns > GLANCE_NS_MIN ? glance_ns / 2 : 0;
	else if (glance_ns < GLANCE_NS_MAX)
		glance_ns = glance_ns < GLANCE_NS_MIN ? GLANCE_NS_MIN : 2 * glance_ns;
}

void ac_wake_sleeper(_Atomic uint32_t *word, _Atomic uint32_t *asleep)
{
	if (atomic_load(asleep))
		ac_futex_wake_all(word);
}

void ac_notify_supervisor(void)
{
	atomic_fetch_add(&ac_shared->event, 1);
	ac_wake_sleeper(&ac_shared->event, &ac_shared->event_awaited);
}

int64_t ac_arena_allocate(uint32_t bytes)
{
	uint32_t rounded = (bytes + 7u) & ~7u;
	uint32_t used = atomic_load(&ac_shared->arena_used);

	do {
		if (used > AC_OUT_ARENA_BYTES || rounded > AC_OUT_ARENA_BYTES - used)
			return -1;
	} while (!atomic_compare_exchange_weak(&ac_shared->arena_used, &used, used + rounded));
	return used;
}
