/* SPDX-License-Identifier: MIT */
/*
 * What the agent reads of the machine, from files of a test instead of the machine's:
 *
 *	observers areas NODE      the facts of contiguous memory
 *	observers locate KEYS     frames of the pages that the file KEYS asks for, a line each
 *	observers layouts NODE    how requests to such a node lie in memory
 */
#include <stdarg.h>
#include <stdio.h>

#include "../../../adapters/executor/agent/areas.c"
#undef NAME_BYTES
#include "../../../adapters/executor/agent/layout.c"
#include "../../../adapters/executor/agent/records.c"
#define KEY_BYTES_MAX 65536
#include "../../../adapters/executor/operations/locate.c"

static char facts[AGENT_TEXT_BYTES];
static uint8_t out[AC_OUT_BYTES_MAX];
static uint8_t keys[KEY_BYTES_MAX];

_Thread_local struct ac_shared *ac_shared;

void agent_line(struct agent_sheet *sheet, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	sheet->used += (size_t)vsnprintf(sheet->text + sheet->used, sheet->room - sheet->used,
					 format, arguments);
	va_end(arguments);
}

int ac_open_own(const char *path, int flags)
{
	return open(path, flags);
}

int ac_may_see_memory(void)
{
	return 1;
}

void ac_call_begin(struct ac_call *call)
{
	call->result.value = 0;
}

void ac_call_end(struct ac_call *call, int64_t value)
{
	call->result.value = value;
}

static int show_facts(const char *node, void (*tell)(struct agent_sheet *))
{
	struct agent_sheet sheet = { .text = facts, .room = sizeof(facts) };

	ac_shared = calloc(1, sizeof(*ac_shared));
	if (ac_shared == NULL)
		return 1;
	ac_shared->regions = 1;
	snprintf(ac_shared->region_paths[0], sizeof(ac_shared->region_paths[0]), "%s", node);
	tell(&sheet);
	fwrite(facts, 1, sheet.used, stdout);
	return 0;
}

static int show_frames(const char *path)
{
	struct ac_operation operation = { 0 };
	struct ac_context context = { .out = out };
	struct ac_call call = { .context = &context, .operation = &operation, .data = keys };
	int file = open(path, O_RDONLY);
	ssize_t got = file < 0 ? -1 : read(file, keys, sizeof(keys));

	if (got < 0)
		return 1;
	operation.data_length = (uint32_t)got;
	ac_op_locate(&call);
	printf("%lld\n", (long long)call.result.value);
	for (uint32_t at = 0; at < call.out_length; at += sizeof(uint64_t))
		printf("0x%llx\n", (unsigned long long)*(uint64_t *)(void *)(out + at));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	if (strcmp(argv[1], "areas") == 0)
		return show_facts(argv[2], agent_areas);
	if (strcmp(argv[1], "layouts") == 0)
		return show_facts(argv[2], agent_layouts);
	return show_frames(argv[2]);
}
