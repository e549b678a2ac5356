/* SPDX-License-Identifier: MIT */
/*
 * How long a Program and its clients may take. Machines differ by a factor of a hundred: emulated
 * processors, kernels with sanitizers, a host that does much else.
 */
#define _GNU_SOURCE
#include "../include/patience.h"

#include "../include/executor.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MILLISECOND 1000000u
#define DEATH_NS (5000ull * MILLISECOND)

/* The reference: descriptors and pages come and go, as they do in every case. */
#define ROUNDS 64
#define ROUND_BYTES (64u << 10)
#define PAGE_BYTES 4096u
/* Nanoseconds that it takes on a machine that does nothing else, and runs on no emulator. */
#define REFERENCE_NS 2000000u
#define SLOWNESS_MIN 10
#define SLOWNESS_MAX 10000
/* Deadlines are long already: more slowness than this is not made up for. */
#define PACE_MAX 60
/* A damaged kernel is waited for so many times shorter: little of it comes back after all. */
#define DAMAGED 4

/* Operations of the Program that came back so far. */
static uint64_t count_returned(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < ac_program_head()->threads; i++)
		sum += atomic_load_explicit(&ac_shared->threads[i].returned, memory_order_relaxed);
	return sum;
}

static uint64_t deadline_ns(void)
{
	return (uint64_t)ac_program_head()->deadline_ms * MILLISECOND;
}

void ac_patience_start(struct ac_patience *patience, uint64_t now)
{
	*patience = (struct ac_patience){
		.hung = now + deadline_ns(),
		.end = now + AC_DEADLINES_MAX * deadline_ns(),
	};
}

int ac_patience_ended(struct ac_patience *patience, uint64_t now, int damaged)
{
	uint64_t returned = count_returned();
	uint64_t spared = damaged ? deadline_ns() - deadline_ns() / DAMAGED : 0;

	if (returned != patience->returned) {
		patience->returned = returned;
		patience->hung = now + deadline_ns();
	}
	return now + spared >= patience->hung || now >= patience->end;
}

uint64_t ac_death_ns(int damaged)
{
	uint32_t pace = ac_shared->slowness < PACE_MAX ? ac_shared->slowness : PACE_MAX;

	return DEATH_NS * pace / SLOWNESS_MIN / (damaged ? DAMAGED : 1);
}

static void do_reference_round(void)
{
	uint8_t *at = mmap(NULL, ROUND_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	int descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (descriptor >= 0)
		close(descriptor);
	if (at == MAP_FAILED)
		return;
	for (uint32_t i = 0; i < ROUND_BYTES; i += PAGE_BYTES)
		((volatile uint8_t *)at)[i] = 1;
	munmap(at, ROUND_BYTES);
}

void ac_slowness_measure(void)
{
	uint64_t start = ac_now_ns();
	uint64_t tenths;

	for (int i = 0; i < ROUNDS; i++)
		do_reference_round();
	tenths = (ac_now_ns() - start) * SLOWNESS_MIN / REFERENCE_NS;
	tenths = tenths > SLOWNESS_MAX ? SLOWNESS_MAX : tenths;
	ac_shared->slowness = (uint32_t)(tenths < SLOWNESS_MIN ? SLOWNESS_MIN : tenths);
}
