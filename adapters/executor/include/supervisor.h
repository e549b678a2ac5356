/* SPDX-License-Identifier: MIT */
/* What the agent asks of the executor: fresh clients, a Program run to its end, its History. */
#ifndef ALLOCERT_SUPERVISOR_H
#define ALLOCERT_SUPERVISOR_H

#include <sys/types.h>
#include <sys/uio.h>

#include "program.h"

#define AC_DEATHS_MAX 4096

struct ac_supervisor {
	uint32_t deaths;
	struct ac_death death[AC_DEATHS_MAX];
	int deadline_hit;
	int progressing; /* calls still came back when the time was up */
	int damaged; /* set by `abandoned`: the kernel has said that it is */
	char refusal[160]; /* a sentence, when an answer is not possible any more */
};

/* Why a Program ended before its time. */
enum ac_run_end {
	AC_RUN_DONE = 0,
	AC_RUN_STUCK = 1, /* refusal says which client */
	AC_RUN_ABANDONED = 2, /* `abandoned` returned true */
};

/*
 * Once, before anything else: shared memory, limits, the handler for deaths. 0, or -1 with errno.
 */
int ac_supervisor_start(void);
/*
 * The same inside of another program, which keeps its limits, its signals and its other children:
 * once for each executor, which is then the calling thread's.
 */
int ac_supervisor_embed(void);
/* Whether the process is a client of the case that runs. */
int ac_is_client(pid_t pid);
/* Has page frames looked up for clients that asked; see struct ac_frames. */
void ac_frames_serve(void);
/* Before a Program: nobody waits any more for what this thread of the last one asked. */
void ac_frames_forget(uint32_t thread);
int ac_supervisor_add_region(const char *path);
/* Kills every client; 0, or -1 when one is stuck in the kernel. */
int ac_supervisor_clear(struct ac_supervisor *supervisor);
/* As clear, then a fresh main and empty slots. */
int ac_supervisor_begin(struct ac_supervisor *supervisor);
/* Runs the checked Program in shared memory. `abandoned` is asked from time to time. */
enum ac_run_end ac_supervisor_run(struct ac_supervisor *supervisor, int (*abandoned)(void *),
				  void *data);

#define AC_HISTORY_PARTS 6

/* A History as the pieces that it lies in. */
struct ac_history_image {
	struct ac_history head;
	struct iovec parts[AC_HISTORY_PARTS];
	uint64_t bytes;
	void *copies; /* of what clients could still change; to be freed */
};

struct ac_kernel_log {
	const char *text;
	uint32_t bytes;
	int taint_known;
	uint64_t taint;
};

/* 0, or -1 when there is no memory for it. */
int ac_history_build(struct ac_history_image *image, const struct ac_supervisor *supervisor,
		     const struct ac_kernel_log *log);

#endif
