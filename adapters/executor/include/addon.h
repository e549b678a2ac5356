/* SPDX-License-Identifier: MIT */
/* What the parts of the addon share: an executor, and cases that a thread of its own runs. */
#ifndef ALLOCERT_ADDON_H
#define ALLOCERT_ADDON_H

#include <node_api.h>
#include <pthread.h>

#include "agent.h"
#include "executor.h"

/* How a case came to its end. */
enum case_end {
	CASE_PENDING = 0,
	CASE_DONE,
	CASE_REFUSED, /* the caller did something wrong */
	CASE_NOT_BEGUN, /* clients of an earlier one do not die */
	CASE_STUCK, /* its own do not */
};

/* A Program, and then its History in the same place. */
struct case_block {
	uint8_t *bytes;
	size_t length;
};

struct queued_case {
	struct queued_case *next;
	enum case_end end;
	char sentence[sizeof(((struct ac_supervisor *)NULL)->refusal)]; /* of any but CASE_DONE */
	uint32_t count;
	struct case_block blocks[];
};

/* Cases in the order in which they were given; they end, and are taken, in the same. */
struct case_queue {
	pthread_t thread;
	int works; /* the thread is there */
	_Atomic int leaving;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct queued_case *first;
	struct agent_log log; /* of the thread that opened the executor */
};

struct executor {
	struct ac_shared *shared; /* NULL once closed */
	const struct allocert_vendor *vendor;
	struct ac_supervisor supervisor;
	struct case_queue queue;
};

/* addon.c: the executor of the first argument, made that of this thread; NULL after throwing. */
struct executor *addon_enter(napi_env env, napi_callback_info info, napi_value *arguments,
			     size_t count);
napi_value addon_fail(napi_env env, const char *code, const char *sentence);
/* What ran into its History, which is this executor's until the next one; 0, or -1. */
int addon_run(struct executor *executor, const uint8_t *bytes, size_t length, const char **wrong,
	      struct ac_history_image *image, int (*abandoned)(void *));
void addon_copy_history(const struct ac_history_image *image, uint8_t *to);

/* queue.c: one block of memory, with room for the Programs; NULL without memory. */
struct queued_case *queue_make(uint32_t count);
void queue_free(struct queued_case *given);
void queue_open(struct case_queue *queue);
/* Gives the thread a case, which is the queue's from then on; 0, or -1 with errno. */
int queue_start(struct executor *executor, struct queued_case *given);
/* Waits for the end of the first case, which is the caller's then; NULL where there is none. */
struct queued_case *queue_finish(struct executor *executor);
/* Ends the thread, whatever runs. */
void queue_close(struct executor *executor);

/* cases.c */
napi_value js_start_case(napi_env env, napi_callback_info info);
napi_value js_finish_case(napi_env env, napi_callback_info info);

#endif
