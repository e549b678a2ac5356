/* SPDX-License-Identifier: MIT */
/*
 * Both ends of the golden vectors in test/golden:
 *
 *	golden dump FILE      every field of a Program, one line each, to standard output
 *	golden history        a History with every kind of record, to standard output
 *
 * It reads by the structures of operations.h and nothing else, so that it disagrees with the
 * TypeScript codec as soon as one of the two lays a record out differently.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../adapters/executor/include/operations.h"

static void dump_operand(unsigned index, const struct ac_operand *operand)
{
	printf("  operand %u kind=%u width=%u flags=%u", index, operand->kind, operand->width,
	       operand->flags);
	printf(" slot=%" PRIu32 " value=0x%" PRIx64 "\n", operand->slot, operand->value);
}

static void dump_operation(uint32_t index, const struct ac_operation *operation)
{
	printf("operation %" PRIu32 " code=%u flags=%u slot=%" PRIu32, index, operation->code,
	       operation->flags, operation->slot);
	printf(" data_offset=%" PRIu32 " data_length=%" PRIu32 " body=%" PRIu32,
	       operation->data_offset, operation->data_length, operation->body);
	printf(" placement=%u neighbour=%u distance=%" PRId32 "\n", operation->placement,
	       operation->neighbour, operation->distance);
	for (unsigned i = 0; i < AC_OPERANDS_MAX; i++)
		dump_operand(i, &operation->operands[i]);
}

static int dump(const char *path)
{
	static _Alignas(8) uint8_t bytes[65536];
	FILE *file = fopen(path, "rb");
	size_t length = file == NULL ? 0 : fread(bytes, 1, sizeof(bytes), file);
	const struct ac_program *head = (const void *)bytes;
	const struct ac_thread *threads = (const void *)(head + 1);
	const struct ac_operation *operations = (const void *)(threads + head->threads);
	const uint8_t *data = (const void *)(operations + head->operations);

	if (length < sizeof(*head) || data + head->data_bytes != bytes + length)
		return 1;
	printf("program magic=0x%" PRIx32 " version=%u threads=%u operations=%" PRIu32, head->magic,
	       head->version, head->threads, head->operations);
	printf(" data_bytes=%" PRIu32 " deadline_ms=%" PRIu32 " seed=0x%" PRIx64 "\n",
	       head->data_bytes, head->deadline_ms, head->seed);
	for (unsigned i = 0; i < head->threads; i++)
		printf("thread %u client=%" PRIu32 " first=%" PRIu32 " count=%" PRIu32 "\n", i,
		       threads[i].client, threads[i].first, threads[i].count);
	for (uint32_t i = 0; i < head->operations; i++)
		dump_operation(i, &operations[i]);
	for (uint32_t i = 0; i < head->data_bytes; i++)
		printf("%02x%s", data[i], i % 16 == 15 || i + 1 == head->data_bytes ? "\n" : " ");
	return fclose(file);
}

static struct ac_result result(unsigned outcome, unsigned error, int64_t value, uint64_t call_ns)
{
	return (struct ac_result){
		.outcome = (uint8_t)outcome,
		.flags = outcome <= 1 ? 4 : 0,
		.error = (uint16_t)error,
		.value = value,
		.call_ns = call_ns,
		.return_ns = outcome <= 1 ? call_ns + 10 : 0,
	};
}

static void put(const void *bytes, size_t length)
{
	if (fwrite(bytes, 1, length, stdout) != length)
		exit(1);
}

/* For `golden.test.ts`: open, ioctl, load, repeat { close }, sleep, sleep. */
static int history(void)
{
	static const char log[] = "first line\nsecond line\n";
	static const uint8_t out[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct ac_step step = { .succeeded = 1, .failed = 2, .failures = 1, .anomalies = 1 };
	struct ac_failure failure = { .error = 9, .count = 2 };
	struct ac_anomaly anomaly = { .iteration = 1 };
	struct ac_death death[2] = {
		{ .client = 0, .signal = 9, .reason = 1 },
		{ .client = 1, .status = 3 },
	};
	struct ac_result results[7] = {
		result(0, 0, 3, 1000),
		result(0, 22, -1, 2000),
		result(1, 0, -1, 3000),
		result(0, 0, 3, 4000),
		result(0, 9, -1, 4300),
		result(2, 0, -1, 5000),
		result(4, 0, -1, 0),
	};
	struct ac_result first = result(0, 0, 0, 4100);
	struct ac_result second = result(0, 9, -1, 4200);
	struct ac_history head = {
		.magic = AC_HISTORY_MAGIC,
		.version = AC_WIRE_VERSION,
		.flags = 7,
		.results = 7,
		.deaths = 2,
		.log_bytes = sizeof(log) - 1,
		.taint = 0x8200,
	};
	uint32_t summary = sizeof(step) + 2 * sizeof(first) + sizeof(failure) + sizeof(anomaly) +
			   sizeof(second);

	results[1].flags |= 2;
	results[1].out_length = sizeof(out);
	results[2].signal = 7;
	results[2].fault_offset = 4096;
	results[3].out_offset = sizeof(out);
	results[3].out_length = summary;
	head.data_bytes = sizeof(out) + summary;
	put(&head, sizeof(head));
	put(results, sizeof(results));
	put(death, sizeof(death));
	put(out, sizeof(out));
	put(&step, sizeof(step));
	put(&first, sizeof(first));
	put(&results[4], sizeof(results[4]));
	put(&failure, sizeof(failure));
	put(&anomaly, sizeof(anomaly));
	put(&second, sizeof(second));
	put(log, sizeof(log) - 1);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "dump") == 0)
		return dump(argv[2]);
	if (argc == 2 && strcmp(argv[1], "history") == 0)
		return history();
	fputs("usage: golden dump FILE | golden history\n", stderr);
	return 2;
}
