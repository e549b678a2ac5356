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

/* Clients can write to shared memory; an extent that one made up must not lead outside of it. */
static void tame(struct ac_result *result)
{
	uint32_t used = arena_used();

	if (result->outcome > AC_OUTCOME_NOT_RUN || result->out_offset > used ||
	    result->out_length > used - result->out_offset)
		*result = ac_result_lost(result->call_ns);
}

/* Calls that never came back: the client died during them. */
static void settle_lost(void)
{
	for (uint32_t i = 0; i < ac_program_head()->operations; i++) {
		struct ac_result *result = &ac_shared->results[i];
		const struct ac_operation *operation = &ac_program_operations()[i];
		struct ac_step_state *step = ac_step_of(operation);

		if (result->outcome == AC_OUTCOME_RUNNING) {
			*result = ac_result_lost(result->call_ns);
			if (step != NULL)
				ac_repeat_account(step, operation->code, result, NULL);
		} else if (step != NULL && step->runs == 0) {
			step->first = *result;
		}
		tame(result);
	}
}

static size_t step_bytes(const struct ac_step_state *step)
{
	return sizeof(step->counts) + 2 * sizeof(struct ac_result) +
	       step->counts.failures * sizeof(struct ac_failure) +
	       step->counts.anomalies * sizeof(struct ac_step_anomaly);
}

static uint8_t *append(uint8_t *at, const void *bytes, size_t length)
{
	memcpy(at, bytes, length);
	return at + length;
}

static uint8_t *append_step(uint8_t *at, struct ac_step_state *step, const struct ac_result *last)
{
	tame(&step->first);
	for (uint32_t i = 0; i < step->counts.anomalies; i++)
		tame(&step->anomalies[i].result);
	at = append(at, &step->counts, sizeof(step->counts));
	at = append(at, &step->first, sizeof(step->first));
	at = append(at, last, sizeof(*last));
	at = append(at, step->failures, step->counts.failures * sizeof(struct ac_failure));
	return append(at, step->anomalies,
		      step->counts.anomalies * sizeof(struct ac_step_anomaly));
}

/* Room for every summary; numbers that a client made up are put right on the way. */
static size_t summaries_bytes(void)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < ac_shared->steps_used; i++) {
		struct ac_step *counts = &ac_shared->steps[i].counts;

		if (counts->failures > AC_STEP_FAILURES_MAX)
			counts->failures = AC_STEP_FAILURES_MAX;
		if (counts->anomalies > AC_STEP_ANOMALIES_MAX)
			counts->anomalies = AC_STEP_ANOMALIES_MAX;
		bytes += step_bytes(&ac_shared->steps[i]);
	}
	return bytes;
}

/* Summaries of the outermost repeats, which hold those of the repeats inside. */
static int build_summaries(struct ac_history_image *image, uint32_t offset)
{
	size_t room = summaries_bytes();
	uint8_t *at = malloc(room + 1);

	image->summaries = at;
	if (at == NULL)
		return -1;
	for (uint32_t i = 0; i < ac_program_head()->operations; i++) {
		const struct ac_operation *operation = &ac_program_operations()[i];
		struct ac_result *result = &ac_shared->results[i];
		uint8_t *from = at;

		if (operation->code != AC_OP_REPEAT || operation->reserved0 != 0 ||
		    result->outcome == AC_OUTCOME_NOT_RUN)
			continue;
		for (uint32_t j = i + 1; j <= i + operation->body; j++)
			at = append_step(at, ac_step_of(&ac_program_operations()[j]),
					 &ac_shared->results[j]);
		result->out_offset = offset + (uint32_t)(from - image->summaries);
		result->out_length = (uint32_t)(at - from);
	}
	image->parts[4] = (struct iovec){ image->summaries, (size_t)(at - image->summaries) };
	return 0;
}

int ac_history_build(struct ac_history_image *image, const struct ac_supervisor *supervisor,
		     const struct ac_kernel_log *log)
{
	uint32_t arena = arena_used();
	uint32_t results = ac_program_head()->operations;

	memset(image, 0, sizeof(*image));
	settle_lost();
	if (build_summaries(image, arena) < 0)
		return -1;
	image->head = (struct ac_history){
		.magic = AC_HISTORY_MAGIC,
		.version = AC_WIRE_VERSION,
		.flags = (uint16_t)((supervisor->deadline_hit ? 1 : 0) |
				    (log->taint_known ? 2 : 0) |
				    (supervisor->progressing ? 4 : 0)),
		.results = results,
		.deaths = supervisor->deaths,
		.data_bytes = arena + (uint32_t)image->parts[4].iov_len,
		.log_bytes = log->bytes,
		.taint = log->taint,
	};
	image->parts[0] = (struct iovec){ &image->head, sizeof(image->head) };
	image->parts[1] = (struct iovec){ ac_shared->results, results * sizeof(struct ac_result) };
	image->parts[2] = (struct iovec){ (void *)(uintptr_t)supervisor->death,
					  supervisor->deaths * sizeof(struct ac_death) };
	image->parts[3] = (struct iovec){ ac_shared->arena, arena };
	image->parts[5] = (struct iovec){ (void *)(uintptr_t)log->text, log->bytes };
	for (int i = 0; i < AC_HISTORY_PARTS; i++)
		image->bytes += image->parts[i].iov_len;
	return 0;
}
