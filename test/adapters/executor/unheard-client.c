/* SPDX-License-Identifier: MIT */
/*
 * A client that sleeps and does not say so: what a client says lies where clients can write. The
 * supervisor is the executor's own; it has to start the client all the same.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../../adapters/executor/supervisor/patience.c"
#include "../../../adapters/executor/supervisor/program.c"
#include "../../../adapters/executor/supervisor/shared.c"
#include "../../../adapters/executor/supervisor/supervisor.c"

/* It runs nothing, and never sets `asleep`. */
void ac_client_main(void)
{
	struct ac_client *control = &ac_shared->clients[0];

	for (;;) {
		uint32_t sequence = atomic_load(&control->sequence);

		if (sequence == atomic_load(&control->done)) {
			ac_futex_wait(&control->sequence, sequence, 0);
			continue;
		}
		atomic_store(&control->done, sequence);
		ac_notify_supervisor();
	}
}

void ac_frames_serve(void)
{
}

void ac_frames_forget(uint32_t thread)
{
	(void)thread;
}

/* Asked by embedded supervisors only. */
pid_t ac_nursery_bear(void)
{
	return -1;
}

static int never(void *data)
{
	(void)data;
	return 0;
}

/* A Program of one thread that does nothing. */
static void write_program(void)
{
	struct ac_program head = {
		.magic = AC_PROGRAM_MAGIC,
		.version = AC_WIRE_VERSION,
		.threads = 1,
		.deadline_ms = 20000,
	};
	struct ac_thread thread = { 0 };

	memcpy(ac_shared->program, &head, sizeof(head));
	memcpy(ac_shared->program + sizeof(head), &thread, sizeof(thread));
	ac_shared->program_bytes = sizeof(head) + sizeof(thread);
}

int main(void)
{
	static struct ac_supervisor supervisor;

	if (ac_shared_create() < 0 || ac_supervisor_begin(&supervisor) < 0)
		return 1;
	write_program();
	for (int run = 0; run < 2; run++) {
		if (ac_program_check() != NULL)
			return 2;
		if (ac_supervisor_run(&supervisor, never, NULL) != AC_RUN_DONE)
			return 3;
		printf("%s\n", supervisor.deadline_hit ? "never started" : "started");
	}
	return ac_supervisor_clear(&supervisor) < 0;
}
