/* SPDX-License-Identifier: MIT */
/*
 * Emulated processors take milliseconds to wake each other, a hundred times longer than one of them
 * takes to switch from one process to another. So what happens one after the other happens on one,
 * the supervisor's; Programs in which something races get all.
 */
#define _GNU_SOURCE
#include "../include/executor.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As many as any kernel has at most. */
#define PROCESSORS 8192
#define WORDS (PROCESSORS / 8 / sizeof(unsigned long))

/* Whether this process is where the supervisor is; -1 in a new image, which does not know. */
static int is_gathered = -1;

static int set_processors(int all)
{
	unsigned long mask[WORDS];

	memset(mask, all ? 0xff : 0, sizeof(mask));
	if (!all)
		mask[0] = 1;
	return syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask) < 0 ? -1 : 0;
}

void ac_gather_start(void)
{
	ac_shared->gathers = set_processors(0) == 0;
	if (ac_shared->gathers)
		is_gathered = 1;
}

/* Descriptors are only listed beside others, never raced for. */
static int does_something(const struct ac_thread *thread)
{
	for (uint32_t i = thread->first; i < thread->first + thread->count; i++) {
		if (ac_program_operations()[i].code != AC_OP_DESCRIPTORS)
			return 1;
	}
	return 0;
}

/* Whether parts of the Program may meet: threads of it, or a call and who changes its argument. */
static int races(void)
{
	unsigned busy = 0;

	for (uint32_t i = 0; i < ac_program_head()->threads; i++)
		busy += (unsigned)does_something(&ac_program_threads()[i]);
	for (uint32_t i = 0; busy == 1 && i < ac_program_head()->operations; i++) {
		if (ac_program_operations()[i].placement == AC_PLACEMENT_FLIPPED)
			return 1;
	}
	return busy > 1;
}

void ac_gather_for_program(void)
{
	int gather;

	if (!ac_shared->gathers)
		return;
	gather = !races();
	if (gather != is_gathered && set_processors(!gather) == 0)
		is_gathered = gather;
}
