/* SPDX-License-Identifier: MIT */
/* Cases that run ahead, as Node sees them; queue.c runs them. */
#include "../include/addon.h"

#include <stdlib.h>
#include <string.h>

/* NULL, or what is wrong. */
static const char *take_program(napi_env env, napi_value list, uint32_t index,
				struct case_block *block)
{
	napi_value item;
	size_t length = 0;
	void *bytes = NULL;

	if (napi_get_element(env, list, index, &item) != napi_ok ||
	    napi_get_buffer_info(env, item, &bytes, &length) != napi_ok)
		return "a Program is not a block of bytes";
	block->bytes = malloc(length + 1);
	if (block->bytes == NULL)
		return "out of memory for a Program";
	if (length > 0)
		memcpy(block->bytes, bytes, length);
	block->length = length;
	return NULL;
}

napi_value js_start_case(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	struct executor *executor = addon_enter(env, info, arguments, 2);
	struct queued_case *given;
	const char *wrong = NULL;
	uint32_t count = 0;

	if (executor == NULL)
		return NULL;
	if (napi_get_array_length(env, arguments[1], &count) != napi_ok)
		return addon_fail(env, NULL, "the Programs are not a list");
	given = queue_make(count);
	if (given == NULL)
		return addon_fail(env, NULL, "out of memory for a case");
	for (uint32_t i = 0; wrong == NULL && i < count; i++)
		wrong = take_program(env, arguments[1], i, &given->blocks[i]);
	if (wrong == NULL && queue_start(executor, given) < 0)
		wrong = "no thread could be started for a case";
	if (wrong == NULL)
		return NULL;
	queue_free(given);
	return addon_fail(env, NULL, wrong);
}

static napi_value histories_of(napi_env env, const struct queued_case *ended)
{
	napi_value list = NULL;

	if (napi_create_array_with_length(env, ended->count, &list) != napi_ok)
		return NULL;
	for (uint32_t i = 0; i < ended->count; i++) {
		const struct case_block *block = &ended->blocks[i];
		napi_value history;

		if (napi_create_buffer_copy(env, block->length, block->bytes, NULL, &history) !=
			    napi_ok ||
		    napi_set_element(env, list, i, history) != napi_ok)
			return NULL;
	}
	return list;
}

napi_value js_finish_case(napi_env env, napi_callback_info info)
{
	static const char *const codes[] = {
		[CASE_NOT_BEGUN] = "NOT_BEGUN",
		[CASE_STUCK] = "STUCK",
	};
	napi_value argument, result = NULL;
	struct executor *executor = addon_enter(env, info, &argument, 1);
	struct queued_case *ended;

	if (executor == NULL)
		return NULL;
	ended = queue_finish(executor);
	if (ended == NULL)
		return addon_fail(env, NULL, "no case was started");
	if (ended->end == CASE_DONE)
		result = histories_of(env, ended);
	else
		addon_fail(env, ended->end == CASE_REFUSED ? NULL : codes[ended->end],
			   ended->sentence);
	queue_free(ended);
	return result;
}
