/* SPDX-License-Identifier: MIT */
/*
 * Edges of the kernel's code, see edges.h. A thread's trace is opened before the threads of a
 * Program start together, and its descriptor is closed at once: no case meets it. What it has
 * shown lies in shared memory, so that a client that dies has told it.
 */
#define _GNU_SOURCE
#include "../include/edges.h"
#include "../include/executor.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* include/uapi/linux/kcov.h, as a 64-bit kernel numbers it. */
#define KCOV_INIT_TRACE _IOR('c', 1, uint64_t)
#define KCOV_ENABLE _IO('c', 100)
#define KCOV_TRACE_PC 0
/* The first word counts; what finds no room after it is not traced. */
#define TRACE_WORDS 8192u
#define TRACE_BYTES (TRACE_WORDS * sizeof(uint64_t))

__thread uint64_t *ac_trace;
/* Whose trace it is: a fork copies the mapping, and traces nothing. */
static __thread pid_t traced_thread;

/* Opening may lift the limit on descriptors for a moment, which is the whole client's. */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static pid_t this_thread(void)
{
	return (pid_t)syscall(SYS_gettid);
}

/* A child that was just forked has its parent's mapping, which it must not write to. */
static int is_mine(void)
{
	return ac_trace != NULL && traced_thread == this_thread();
}

/* A trace that nothing writes to yet, or -1. */
static int open_trace(void)
{
	int descriptor = ac_open_own(AC_KCOV_PATH, O_RDWR);

	if (descriptor >= 0 && ioctl(descriptor, KCOV_INIT_TRACE, TRACE_WORDS) < 0) {
		int error = errno;

		close(descriptor);
		errno = error;
		return -1;
	}
	return descriptor;
}

int ac_edges_offered(void)
{
	int descriptor = open_trace();

	if (descriptor >= 0)
		close(descriptor);
	return descriptor >= 0;
}

void ac_edges_begin(void)
{
	void *words;
	int descriptor;

	if (!atomic_load(&ac_shared->traced) || is_mine())
		return;
	ac_edges_end();
	pthread_mutex_lock(&opening);
	descriptor = open_trace();
	if (descriptor >= 0) {
		words = mmap(NULL, TRACE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
		if (words != MAP_FAILED && ioctl(descriptor, KCOV_ENABLE, KCOV_TRACE_PC) < 0) {
			munmap(words, TRACE_BYTES);
			words = MAP_FAILED;
		}
		/* The mapping holds the file, and the file the trace. */
		close(descriptor);
		ac_trace = words == MAP_FAILED ? NULL : words;
		traced_thread = this_thread();
	}
	pthread_mutex_unlock(&opening);
}

void ac_edges_end(void)
{
	if (ac_trace != NULL)
		munmap(ac_trace, TRACE_BYTES);
	ac_trace = NULL;
}

void ac_edges_reset(void)
{
	if (is_mine())
		__atomic_store_n(&ac_trace[0], 0, __ATOMIC_RELAXED);
}

uint64_t ac_edges_traced(void)
{
	uint64_t count;

	if (!is_mine())
		return 0;
	count = __atomic_load_n(&ac_trace[0], __ATOMIC_RELAXED);
	return count < TRACE_WORDS ? count : TRACE_WORDS - 1;
}

/* Multiplications spread what differs in a few bits over the highest ones. */
static unsigned edge_of(uint64_t from, uint64_t to)
{
	uint64_t mixed = (from * 0x9e3779b97f4a7c15u) ^ to;

	return (unsigned)((mixed * 0xff51afd7ed558ccdu) >> (64 - AC_EDGE_BITS));
}

void ac_edges_take(uint64_t traced)
{
	uint64_t from = 0;

	for (uint64_t i = 1; i <= traced; i++) {
		uint64_t to = ac_trace[i];
		unsigned edge = edge_of(from, to);
		_Atomic uint64_t *word = &ac_shared->edges[edge / 64];
		uint64_t bit = 1ull << edge % 64;

		/* Nearly all are there already: no other thread waits for the cache line then. */
		if ((atomic_load_explicit(word, memory_order_relaxed) & bit) == 0)
			atomic_fetch_or(word, bit);
		from = to;
	}
}

int64_t ac_edges_listing(uint8_t *out, size_t room)
{
	size_t length = 0;

	if (!atomic_load(&ac_shared->traced)) {
		if (!ac_edges_offered())
			return -1;
		atomic_store(&ac_shared->traced, 1);
	}
	for (unsigned i = 0; i < AC_EDGE_WORDS; i++) {
		uint64_t bits = atomic_exchange(&ac_shared->edges[i], 0);

		for (unsigned bit = 0; bits != 0; bit++, bits >>= 1) {
			unsigned edge = i * 64 + bit;

			if ((bits & 1) == 0 || length + 2 > room)
				continue;
			out[length++] = (uint8_t)edge;
			out[length++] = (uint8_t)(edge >> 8);
		}
	}
	return (int64_t)length;
}
