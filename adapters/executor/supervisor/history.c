/* SPDX-License-Identifier: MIT */
/* Makes a History of what lies in shared memory once every client has stopped. */
#include "../include/executor.h"
#include "../include/supervisor.h"

#include <stdlib.h>
#include <string.h>

static uint32_t arena_used(void)
{
	uint32_t used = atomic_load(&ac_shared->arena_used);

	return used < AC_OUT_ARENA_BYTES ? used : AC_OUT_ARENA_BYTES;
}

/* An extent that a client made up must not lead outside of the arena, nor be taken for steps. */
static void tame(struct ac_result *result, uint32_t arena)
{
	if (result->outcome == AC_OUTCOME_NOT_RUN)
		*result = (struct ac_result){ .outcome = AC_OUTCOME_NOT_RUN, .value = -1 };
	if (result->outcome > AC_OUTCOME_NOT_RUN || result->out_offset > arena ||
	    result->out_length > arena - result->out_offset)
		*result = ac_result_lost(result->call_ns);
}

/*
 * Clients can write to shared memory, also now: whatever is looked at twice is looked at in a copy
 * of the supervisor's own.
 */
struct copies {
	struct ac_result *results;
	uint8_t *running; /* one for each result: the call had not come back */
	uint8_t *summaries;
	uint32_t arena; /* bytes in use */
};

static size_t room_for_summaries(void)
{
	size_t most = sizeof(struct ac_step) + 2 * sizeof(struct ac_result) +
		      AC_STEP_FAILURES_MAX * sizeof(struct ac_failure) +
		      AC_STEP_ANOMALIES_MAX * sizeof(struct ac_step_anomaly);

	return ac_shared->steps_used * most;
}

/* 0, or -1. One block, which starts with the results. */
static int make_copies(struct copies *copies, uint32_t arena)
{
	size_t count = ac_program_head()->operations;
	size_t bytes = count * sizeof(struct ac_result);
	uint8_t *block = malloc(bytes + count + room_for_summaries() + 1);

	if (block == NULL)
		return -1;
	copies->results = (struct ac_result *)(void *)block;
	copies->running = block + bytes;
	copies->summaries = copies->running + count;
	copies->arena = arena;
	memcpy(copies->results, ac_shared->results, bytes);
	/* Calls that never came back: the client died during them. */
	for (size_t i = 0; i < count; i++) {
		struct ac_result *result = &copies->results[i];

		copies->running[i] = result->outcome == AC_OUTCOME_RUNNING;
		if (copies->running[i])
			*result = ac_result_lost(result->call_ns);
		tame(result, arena);
	}
	return 0;
}

static uint8_t *append(uint8_t *at, const void *bytes, size_t length)
{
	memcpy(at, bytes, length);
	return at + length;
}

/* Of the operation at `index`, which a repeat holds. */
static uint8_t *append_step(uint8_t *at, const struct copies *copies, uint32_t index)
{
	const struct ac_operation *operation = &ac_program_operations()[index];
	struct ac_result last = copies->results[index];
	struct ac_step_state step;

	memcpy(&step, ac_step_of(operation), sizeof(step));
	if (step.counts.failures > AC_STEP_FAILURES_MAX)
		step.counts.failures = AC_STEP_FAILURES_MAX;
	if (step.counts.anomalies > AC_STEP_ANOMALIES_MAX)
		step.counts.anomalies = AC_STEP_ANOMALIES_MAX;
	if (copies->running[index])
		ac_repeat_account(&step, operation->code, &last, NULL);
	else if (step.runs == 0)
		step.first = last;
	tame(&step.first, copies->arena);
	for (uint32_t i = 0; i < step.counts.anomalies; i++)
		tame(&step.anomalies[i].result, copies->arena);
	at = append(at, &step.counts, sizeof(step.counts));
	at = append(at, &step.first, sizeof(step.first));
	at = append(at, &last, sizeof(last));
	at = append(at, step.failures, step.counts.failures * sizeof(struct ac_failure));
	return append(at, step.anomalies, step.counts.anomalies * sizeof(struct ac_step_anomaly));
}

/* Summaries of the outermost repeats, which hold those of the repeats inside; their bytes. */
static size_t build_summaries(const struct copies *copies)
{
	uint8_t *at = copies->summaries;

	for (uint32_t i = 0; i < ac_program_head()->operations; i++) {
		const struct ac_operation *operation = &ac_program_operations()[i];
		struct ac_result *result = &copies->results[i];
		uint8_t *from = at;

		if (operation->code != AC_OP_REPEAT || operation->reserved0 != 0 ||
		    result->outcome == AC_OUTCOME_NOT_RUN)
			continue;
		for (uint32_t j = i + 1; j <= i + operation->body; j++)
			at = append_step(at, copies, j);
		result->out_offset = copies->arena + (uint32_t)(from - copies->summaries);
		result->out_length = (uint32_t)(at - from);
	}
	return (size_t)(at - copies->summaries);
}

int ac_history_build(struct ac_history_image *image, const struct ac_supervisor *supervisor,
		     const struct ac_kernel_log *log)
{
	uint32_t arena = arena_used();
	uint32_t results = ac_program_head()->operations;
	struct copies copies;
	size_t summaries;

	memset(image, 0, sizeof(*image));
	if (make_copies(&copies, arena) < 0)
		return -1;
	image->copies = copies.results;
	summaries = build_summaries(&copies);
	image->head = (struct ac_history){
		.magic = AC_HISTORY_MAGIC,
		.version = AC_WIRE_VERSION,
		.flags = (uint16_t)((supervisor->deadline_hit ? 1 : 0) |
				    (log->taint_known ? 2 : 0) |
				    (supervisor->progressing ? 4 : 0)),
		.results = results,
		.deaths = supervisor->deaths,
		.data_bytes = arena + (uint32_t)summaries,
		.log_bytes = log->bytes,
		.taint = log->taint,
	};
	image->parts[0] = (struct iovec){ &image->head, sizeof(image->head) };
	image->parts[1] = (struct iovec){ copies.results, results * sizeof(struct ac_result) };
	image->parts[2] = (struct iovec){ (void *)(uintptr_t)supervisor->death,
					  supervisor->deaths * sizeof(struct ac_death) };
	image->parts[3] = (struct iovec){ ac_shared->arena, arena };
	image->parts[4] = (struct iovec){ copies.summaries, summaries };
	image->parts[5] = (struct iovec){ (void *)(uintptr_t)log->text, log->bytes };
	for (int i = 0; i < AC_HISTORY_PARTS; i++)
		image->bytes += image->parts[i].iov_len;
	return 0;
}
