/* SPDX-License-Identifier: MIT */
/*
 * The executor inside of Node: the supervisor is in this process and hands Programs to clients
 * through memory that they share, without frames and pipes in between. Clients are processes here
 * too, so that what ends one ends its Program and nothing else.
 *
 *	open(regions, library, executable) -> executor
 *	facts(executor) -> lines of key=value
 *	begin(executor)
 *	run(executor, bytes of a Program, room) -> how many bytes of its History are in the room,
 *		or the History where it is larger
 *	startCase(executor, bytes of its Programs)
 *	finishCase(executor) -> bytes of the Histories of the first case that was not finished yet
 *	close(executor)
 */
#include "../include/addon.h"

#include <stdlib.h>
#include <string.h>

#include "../include/nursery.h"

/* A library has one set of variables in a process, and so one executor at a time. */
static _Atomic int library_in_use;

/* The code tells a client that does not die from what the caller did wrong. */
napi_value addon_fail(napi_env env, const char *code, const char *sentence)
{
	napi_throw_error(env, code, sentence);
	return NULL;
}

static napi_value fail(napi_env env, const char *sentence)
{
	return addon_fail(env, NULL, sentence);
}

static void leave(struct executor *executor)
{
	if (executor->shared == NULL)
		return;
	queue_close(executor);
	ac_shared = executor->shared;
	(void)ac_supervisor_clear(&executor->supervisor);
	ac_nursery_stop();
	ac_shared_close(executor->shared);
	if (executor->vendor != NULL)
		atomic_store(&library_in_use, 0);
	executor->shared = NULL;
	ac_shared = NULL;
	ac_vendor = NULL;
}

/* A worker that is terminated leaves no clients behind. */
static void on_exit_of_thread(void *data)
{
	leave(data);
}

static void finalize(napi_env env, void *data, void *hint)
{
	(void)hint;
	leave(data);
	napi_remove_env_cleanup_hook(env, on_exit_of_thread, data);
	free(data);
}

struct executor *addon_enter(napi_env env, napi_callback_info info, napi_value *arguments,
			     size_t count)
{
	struct executor *executor = NULL;

	if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
	    napi_get_value_external(env, arguments[0], (void **)&executor) != napi_ok) {
		fail(env, "the first argument is not an executor");
		return NULL;
	}
	if (executor->shared == NULL) {
		fail(env, "the executor is closed");
		return NULL;
	}
	ac_shared = executor->shared;
	ac_vendor = executor->vendor;
	return executor;
}

static int text_of(napi_env env, napi_value value, char *text, size_t room)
{
	size_t length = 0;

	return napi_get_value_string_utf8(env, value, text, room, &length) == napi_ok &&
			       length + 1 < room
		       ? 0
		       : -1;
}

static const char *add_regions(napi_env env, napi_value list)
{
	char path[AC_REGION_PATH_BYTES];
	uint32_t count = 0;

	if (napi_get_array_length(env, list, &count) != napi_ok)
		return "the regions are not a list";
	for (uint32_t i = 0; i < count; i++) {
		napi_value item;

		if (napi_get_element(env, list, i, &item) != napi_ok ||
		    text_of(env, item, path, sizeof(path)) < 0 ||
		    ac_supervisor_add_region(path) < 0)
			return "a region's path is too long, or there are too many";
	}
	return NULL;
}

static const char *load_library(const char *path)
{
	const char *wrong;

	if (atomic_exchange(&library_in_use, 1))
		return "another session of this process has a library loaded; close it, or use "
		       "?mode=contained";
	wrong = ac_vendor_load(path);
	if (wrong == NULL)
		return ac_supervisor_add_region(ac_vendor->node) < 0 ? "too many regions" : NULL;
	atomic_store(&library_in_use, 0);
	return wrong;
}

/* Everything that `open` is given; NULL, or what is wrong. */
static const char *set_up(napi_env env, napi_value *arguments)
{
	char library[sizeof(ac_shared->library_path)];
	const char *wrong = add_regions(env, arguments[0]);

	if (wrong != NULL)
		return wrong;
	if (text_of(env, arguments[1], library, sizeof(library)) < 0 ||
	    text_of(env, arguments[2], ac_shared->executable, sizeof(ac_shared->executable)) < 0)
		return "a path is missing or too long";
	if (library[0] != '\0')
		wrong = load_library(library);
	else
		agent_log_open();
	return wrong != NULL ? wrong : ac_nursery_start();
}

static napi_value js_open(napi_env env, napi_callback_info info)
{
	struct executor *executor = calloc(1, sizeof(*executor));
	napi_value arguments[3], result;
	size_t count = 3;
	const char *wrong;

	ac_vendor = NULL;
	if (executor == NULL || ac_supervisor_embed() < 0) {
		free(executor);
		return fail(env, "out of memory for an executor");
	}
	executor->shared = ac_shared;
	queue_open(&executor->queue);
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	wrong = set_up(env, arguments);
	executor->vendor = ac_vendor;
	if (wrong != NULL) {
		fail(env, wrong);
		leave(executor);
		free(executor);
		return NULL;
	}
	napi_add_env_cleanup_hook(env, on_exit_of_thread, executor);
	napi_create_external(env, executor, finalize, NULL, &result);
	return result;
}

static napi_value js_facts(napi_env env, napi_callback_info info)
{
	napi_value argument, result = NULL;
	char *text;

	if (addon_enter(env, info, &argument, 1) == NULL)
		return NULL;
	text = malloc(AGENT_TEXT_BYTES);
	if (text == NULL)
		return fail(env, "out of memory for the facts");
	napi_create_string_utf8(env, text, agent_facts(text, AGENT_TEXT_BYTES), &result);
	free(text);
	return result;
}

static napi_value js_begin(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct executor *executor = addon_enter(env, info, &argument, 1);

	if (executor == NULL)
		return NULL;
	if (ac_supervisor_clear(&executor->supervisor) < 0)
		return addon_fail(env, "NOT_BEGUN", executor->supervisor.refusal);
	if (ac_supervisor_begin(&executor->supervisor) < 0)
		return fail(env, executor->supervisor.refusal);
	return NULL;
}

/* The calling thread waits for the clients; nobody can leave meanwhile. */
static int never_abandoned(void *data)
{
	(void)data;
	return 0;
}

int addon_run(struct executor *executor, const uint8_t *bytes, size_t length, const char **wrong,
	      struct ac_history_image *image, int (*abandoned)(void *))
{
	struct ac_kernel_log log;

	if (length > AC_FRAME_BYTES_MAX) {
		*wrong = "the Program is too long";
		return -1;
	}
	if (length > 0)
		memcpy(ac_shared->program, bytes, length);
	ac_shared->program_bytes = (uint32_t)length;
	*wrong = ac_program_check();
	if (*wrong != NULL ||
	    ac_supervisor_run(&executor->supervisor, abandoned, NULL) != AC_RUN_DONE)
		return -1;
	log = agent_log_take();
	if (ac_history_build(image, &executor->supervisor, &log) < 0) {
		*wrong = "out of memory for the History";
		return -1;
	}
	executor->supervisor.deaths = 0;
	return 0;
}

void addon_copy_history(const struct ac_history_image *image, uint8_t *to)
{
	for (int i = 0; i < AC_HISTORY_PARTS; i++) {
		if (image->parts[i].iov_len > 0)
			memcpy(to, image->parts[i].iov_base, image->parts[i].iov_len);
		to += image->parts[i].iov_len;
	}
}

/* Making a buffer for each costs more than filling it. */
static napi_value hand_over(napi_env env, const struct ac_history_image *image, napi_value room)
{
	napi_value result = NULL;
	size_t length = 0;
	void *to = NULL;

	if (napi_get_buffer_info(env, room, &to, &length) == napi_ok && image->bytes <= length) {
		if (napi_create_uint32(env, (uint32_t)image->bytes, &result) != napi_ok)
			return NULL;
	} else if (napi_create_buffer(env, image->bytes, &to, &result) != napi_ok) {
		return NULL;
	}
	addon_copy_history(image, to);
	return result;
}

static napi_value js_run(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], result;
	struct executor *executor = addon_enter(env, info, arguments, 3);
	struct ac_history_image image;
	const char *wrong = NULL;
	size_t length = 0;
	void *bytes = NULL;

	if (executor == NULL)
		return NULL;
	if (napi_get_buffer_info(env, arguments[1], &bytes, &length) != napi_ok)
		return fail(env, "the Program is not a block of bytes");
	if (addon_run(executor, bytes, length, &wrong, &image, never_abandoned) < 0)
		return wrong != NULL ? fail(env, wrong) :
				       addon_fail(env, "STUCK", executor->supervisor.refusal);
	result = hand_over(env, &image, arguments[2]);
	free(image.copies);
	return result;
}

static napi_value js_close(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct executor *executor = addon_enter(env, info, &argument, 1);

	if (executor != NULL)
		leave(executor);
	return NULL;
}

NAPI_MODULE_INIT()
{
	static const struct {
		const char *name;
		napi_callback function;
	} functions[] = {
		{ "open", js_open }, { "facts", js_facts }, { "begin", js_begin },
		{ "run", js_run },   { "close", js_close },
		{ "startCase", js_start_case }, { "finishCase", js_finish_case },
	};
	napi_value value;

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH,
					 functions[i].function, NULL, &value) != napi_ok ||
		    napi_set_named_property(env, exports, functions[i].name, value) != napi_ok)
			return NULL;
	}
	napi_create_bigint_uint64(env, AC_CONTRACT_DIGEST, &value);
	napi_set_named_property(env, exports, "digest", value);
	return exports;
}
