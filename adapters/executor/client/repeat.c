/* SPDX-License-Identifier: MIT */
/*
 * What repeat keeps of its body's operations: counts, a histogram of failures, what was different.
 */
#include "../include/executor.h"

#include <string.h>

static int succeeded(const struct ac_result *result)
{
	return result->outcome == AC_OUTCOME_RETURNED && result->error == 0;
}

static void count_failure(struct ac_step_state *step, const struct ac_result *result)
{
	struct ac_failure *failure = step->failures;
	uint32_t i;

	for (i = 0; i < step->counts.failures; i++, failure++) {
		if (failure->outcome == result->outcome && failure->error == result->error &&
		    failure->signal == result->signal)
			break;
	}
	if (i == AC_STEP_FAILURES_MAX)
		return;
	if (i == step->counts.failures) {
		*failure = (struct ac_failure){
			.outcome = result->outcome,
			.error = result->error,
			.signal = result->signal,
		};
		step->counts.failures++;
	}
	failure->count++;
}

static int differs(const struct ac_step_state *step, unsigned code, const struct ac_result *result)
{
	const struct ac_result *first = &step->first;

	if (first->outcome != result->outcome || first->error != result->error ||
	    first->signal != result->signal)
		return 1;
	return ac_value_is_steady(code) && first->value != result->value;
}

/*
 * A copy of the out bytes that no later iteration overwrites. There was room before the call (see
 * ac_call_make), so where there is none now, a client has written to memory that is not its own,
 * and what its calls did is unknown.
 */
static void keep_out(struct ac_result *result, const uint8_t *out)
{
	int64_t at;

	if (result->out_length == 0)
		return;
	at = ac_arena_allocate(result->out_length);
	if (at < 0) {
		*result = ac_result_lost(result->call_ns);
		return;
	}
	memcpy(ac_shared->arena + at, out, result->out_length);
	result->out_offset = (uint32_t)at;
}

/* The last result's bytes reuse one place, so that 100,000 iterations do not fill the arena. */
static void replace_out(struct ac_step_state *step, struct ac_result *result, const uint8_t *out)
{
	if (result->out_length == 0)
		return;
	if (result->out_length > step->out_capacity) {
		keep_out(result, out);
		step->out_offset = result->out_offset;
		step->out_capacity = result->out_length;
		return;
	}
	memcpy(ac_shared->arena + step->out_offset, out, result->out_length);
	result->out_offset = step->out_offset;
}

void ac_repeat_account(struct ac_step_state *step, unsigned code, struct ac_result *result,
		       const uint8_t *out)
{
	uint64_t run;

	if (step == NULL) {
		keep_out(result, out);
		return;
	}
	run = step->runs++;
	if (run == 0) {
		keep_out(result, out);
		step->first = *result;
	} else {
		replace_out(step, result, out);
		if (differs(step, code, result) && step->counts.anomalies < AC_STEP_ANOMALIES_MAX) {
			struct ac_step_anomaly *anomaly = &step->anomalies[step->counts.anomalies];

			anomaly->head.iteration = run;
			anomaly->result = *result;
			keep_out(&anomaly->result, out);
			step->counts.anomalies++;
		}
	}
	if (succeeded(result)) {
		step->counts.succeeded++;
	} else {
		step->counts.failed++;
		count_failure(step, result);
	}
}

/* Whether what the operation at `index` of the loop's body just did ends the loop at once. */
int ac_repeat_stops(const struct ac_loop *loop, uint32_t index, const struct ac_result *result)
{
	const struct ac_operation *operations = ac_program_operations();
	uint64_t rule = operations[loop->operation].operands[1].value;

	if (rule == AC_STOP_FAILURE)
		return !succeeded(result);
	if (rule == AC_STOP_SUCCESS)
		return index + 1 + operations[index].body == loop->end && succeeded(result);
	return 0;
}
