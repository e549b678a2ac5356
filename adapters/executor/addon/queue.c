/* SPDX-License-Identifier: MIT */
/*
 * Cases that were given ahead. A thread of the executor's own runs one after the other, so that the
 * host's thread can judge what came back of one while the next one runs.
 */
#define _GNU_SOURCE
#include "../include/addon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct queued_case *queue_make(uint32_t count)
{
	struct queued_case *made =
		calloc(1, sizeof(*made) + (size_t)count * sizeof(struct case_block));

	if (made != NULL)
		made->count = count;
	return made;
}

void queue_free(struct queued_case *given)
{
	for (uint32_t i = 0; i < given->count; i++)
		free(given->blocks[i].bytes);
	free(given);
}

void queue_open(struct case_queue *queue)
{
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->changed, NULL);
}

static __thread struct case_queue *own;

static int is_leaving(void *data)
{
	(void)data;
	return atomic_load(&own->leaving);
}

static enum case_end end_with(struct queued_case *given, enum case_end end, const char *sentence)
{
	snprintf(given->sentence, sizeof(given->sentence), "%s", sentence);
	return end;
}

/* The History takes the Program's place. */
static enum case_end run_block(struct executor *executor, struct queued_case *given, uint32_t index)
{
	struct case_block *block = &given->blocks[index];
	struct ac_history_image image;
	const char *wrong = NULL;
	uint8_t *bytes;

	if (addon_run(executor, block->bytes, block->length, &wrong, &image, is_leaving) < 0)
		return wrong != NULL ? end_with(given, CASE_REFUSED, wrong) :
				       end_with(given, CASE_STUCK, executor->supervisor.refusal);
	bytes = malloc(image.bytes);
	if (bytes != NULL)
		addon_copy_history(&image, bytes);
	free(image.copies);
	if (bytes == NULL)
		return end_with(given, CASE_REFUSED, "out of memory for the History");
	free(block->bytes);
	block->bytes = bytes;
	block->length = image.bytes;
	return CASE_DONE;
}

static enum case_end run_case(struct executor *executor, struct queued_case *given)
{
	enum case_end end = CASE_DONE;

	if (ac_supervisor_clear(&executor->supervisor) < 0)
		return end_with(given, CASE_NOT_BEGUN, executor->supervisor.refusal);
	if (ac_supervisor_begin(&executor->supervisor) < 0)
		return end_with(given, CASE_REFUSED, executor->supervisor.refusal);
	for (uint32_t i = 0; end == CASE_DONE && i < given->count; i++)
		end = run_block(executor, given, i);
	return end;
}

static struct queued_case *first_pending(struct case_queue *queue)
{
	struct queued_case *one = queue->first;

	while (one != NULL && one->end != CASE_PENDING)
		one = one->next;
	return one;
}

static void *work(void *data)
{
	struct executor *executor = data;
	struct case_queue *queue = &executor->queue;

	own = queue;
	ac_shared = executor->shared;
	ac_vendor = executor->vendor;
	agent_log_continue(&queue->log);
	pthread_mutex_lock(&queue->lock);
	while (!atomic_load(&queue->leaving)) {
		struct queued_case *given = first_pending(queue);
		enum case_end end;

		if (given == NULL) {
			pthread_cond_wait(&queue->changed, &queue->lock);
			continue;
		}
		pthread_mutex_unlock(&queue->lock);
		end = run_case(executor, given);
		pthread_mutex_lock(&queue->lock);
		given->end = end;
		pthread_cond_broadcast(&queue->changed);
	}
	pthread_mutex_unlock(&queue->lock);
	return NULL;
}

/* Signals are the host's. */
static int start_thread(struct executor *executor)
{
	sigset_t all, before;
	int error;

	executor->queue.log = agent_log_lent();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&executor->queue.thread, NULL, work, executor);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	executor->queue.works = error == 0;
	errno = error;
	return error == 0 ? 0 : -1;
}

int queue_start(struct executor *executor, struct queued_case *given)
{
	struct case_queue *queue = &executor->queue;
	struct queued_case **end;

	if (!queue->works && start_thread(executor) < 0)
		return -1;
	pthread_mutex_lock(&queue->lock);
	for (end = &queue->first; *end != NULL; end = &(*end)->next)
		;
	*end = given;
	pthread_cond_broadcast(&queue->changed);
	pthread_mutex_unlock(&queue->lock);
	return 0;
}

struct queued_case *queue_finish(struct executor *executor)
{
	struct case_queue *queue = &executor->queue;
	struct queued_case *first;

	pthread_mutex_lock(&queue->lock);
	first = queue->first;
	while (first != NULL && first->end == CASE_PENDING)
		pthread_cond_wait(&queue->changed, &queue->lock);
	if (first != NULL)
		queue->first = first->next;
	pthread_mutex_unlock(&queue->lock);
	return first;
}

void queue_close(struct executor *executor)
{
	struct case_queue *queue = &executor->queue;

	if (queue->works) {
		pthread_mutex_lock(&queue->lock);
		atomic_store(&queue->leaving, 1);
		pthread_cond_broadcast(&queue->changed);
		pthread_mutex_unlock(&queue->lock);
		pthread_join(queue->thread, NULL);
		queue->works = 0;
	}
	while (queue->first != NULL) {
		struct queued_case *first = queue->first;

		queue->first = first->next;
		queue_free(first);
	}
}
