/* SPDX-License-Identifier: MIT */
/* A second thread that keeps changing one field, to catch code that reads its argument twice. */
#include "../include/executor.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

struct ac_flip {
	pthread_t thread;
	uint8_t *field;
	unsigned width;
	uint64_t values[2];
	_Atomic int started;
	_Atomic int stop;
};

typedef uint16_t __attribute__((aligned(1), may_alias)) loose_u16;
typedef uint32_t __attribute__((aligned(1), may_alias)) loose_u32;
typedef uint64_t __attribute__((aligned(1), may_alias)) loose_u64;

/* In one store where the machine has one: a torn value would be a third value. */
static void write_field(uint8_t *field, unsigned width, uint64_t value)
{
	switch (width) {
	case 1:
		*(volatile uint8_t *)field = (uint8_t)value;
		break;
	case 2:
		*(volatile loose_u16 *)field = (uint16_t)value;
		break;
	case 4:
		*(volatile loose_u32 *)field = (uint32_t)value;
		break;
	default:
		*(volatile loose_u64 *)field = value;
	}
}

static void *flip_thread(void *data)
{
	struct ac_flip *flip = data;

	for (unsigned i = 1; !atomic_load(&flip->stop); i++) {
		write_field(flip->field, flip->width, flip->values[i & 1]);
		atomic_store(&flip->started, 1);
	}
	return NULL;
}

struct ac_flip *ac_flip_start(uint8_t *field, unsigned width, uint64_t value)
{
	static __thread struct ac_flip flip;
	sigset_t all, before;
	int error;

	memset(&flip, 0, sizeof(flip));
	flip.field = field;
	flip.width = width;
	memcpy(&flip.values[0], field, width);
	flip.values[1] = value;
	/* Signals of the client are for its own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&flip.thread, NULL, flip_thread, &flip);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0)
		return NULL;
	while (!atomic_load(&flip.started))
		continue;
	return &flip;
}

void ac_flip_stop(struct ac_flip *flip)
{
	atomic_store(&flip->stop, 1);
	pthread_join(flip->thread, NULL);
}
