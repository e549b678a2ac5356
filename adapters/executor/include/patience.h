/* SPDX-License-Identifier: MIT */
/* How long anything may take on this machine. */
#ifndef ALLOCERT_PATIENCE_H
#define ALLOCERT_PATIENCE_H

#include <stdint.h>

/*
 * When a Program is out of time. Its deadline is that of one call: each that comes back starts it
 * anew, so that many right ones on a slow machine do not look like one that never returns.
 */
struct ac_patience {
	uint64_t returned; /* operations that had come back, when it was looked at last */
	uint64_t hung; /* when the calls under way are hung */
	uint64_t end; /* when it is over, whatever comes back */
};

/* For the Program in shared memory, which starts at `now`. */
void ac_patience_start(struct ac_patience *patience, uint64_t now);
/* Whether its time is up at `now`; earlier where the kernel is damaged. */
int ac_patience_ended(struct ac_patience *patience, uint64_t now, int damaged);

/* Nanoseconds that a killed client may take to die: one that frees much memory takes some. */
uint64_t ac_death_ns(int damaged);

/*
 * Measures how slow the machine is now, into shared memory; tenths, 10 for one as fast as most.
 */
void ac_slowness_measure(void);

#endif
