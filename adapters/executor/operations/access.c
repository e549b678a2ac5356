/* SPDX-License-Identifier: MIT */
/*
 * load, store and scan. Memory is touched page by page in ascending order, so that the first byte
 * of an access that faulted is known without asking the signal, which not every machine answers
 * well.
 */
#include "../include/executor.h"
#include "../include/guard.h"

#include <string.h>
#include <unistd.h>

/* Bytes of a repeated pattern that scan and store work with at a time. */
struct block {
	const uint8_t *bytes;
	size_t length; /* whole patterns */
	size_t period;
};

static int open_access(struct ac_call *call, uint64_t offset, uint8_t **at)
{
	uint64_t address = call->arguments[0] + offset;

	if ((address > UINTPTR_MAX && (int64_t)address != (int64_t)(intptr_t)address) ||
	    call->arguments[1] > UINTPTR_MAX)
		return -1;
	*at = (uint8_t *)(uintptr_t)address;
	return 0;
}

/* Bytes from `at` to the end of its page, at most `rest`. */
static size_t within_page(const uint8_t *at, size_t rest)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t left = page - ((uintptr_t)at & (page - 1));

	return left < rest ? left : rest;
}

/* A short pattern is written out to a few pages, in the room for out bytes. */
static int make_block(struct ac_call *call, struct block *block)
{
	size_t period = call->operation->data_length;
	size_t copies = AC_OUT_BYTES_MAX / 2 / (period == 0 ? 1 : period);

	if (period == 0)
		return -1;
	block->period = period;
	block->bytes = call->data;
	block->length = period;
	if (copies < 2)
		return 0;
	block->bytes = call->context->out;
	block->length = copies * period;
	for (size_t i = 0; i < copies; i++)
		memcpy(call->context->out + i * period, call->data, period);
	return 0;
}

static size_t chunk_of(const struct block *block, const uint8_t *at, size_t done, size_t length)
{
	size_t rest = block->length - done % block->period;
	size_t chunk = within_page(at + done, length - done);

	return rest < chunk ? rest : chunk;
}

typedef uint64_t __attribute__((aligned(1), may_alias)) loose_u64;

/* Leading bytes that are equal. By words: musl's memcmp goes byte by byte. As ac_touch does. */
static size_t __attribute__((no_sanitize("address", "undefined")))
equal_bytes(const uint8_t *a, const uint8_t *b, size_t length)
{
	size_t i = 0;

	for (; i + 32 <= length; i += 32) {
		const loose_u64 *x = (const loose_u64 *)(const void *)(a + i);
		const loose_u64 *y = (const loose_u64 *)(const void *)(b + i);

		if (((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) != 0)
			break;
	}
	while (i < length && a[i] == b[i])
		i++;
	return i;
}

void ac_op_load(struct ac_call *call)
{
	uint64_t offset = call->arguments[2];
	volatile size_t done = 0;
	volatile size_t length;
	uint8_t *at;
	int fault;

	if (open_access(call, offset, &at) < 0)
		return;
	length = call->arguments[1] < AC_OUT_BYTES_MAX ? (size_t)call->arguments[1]
						       : AC_OUT_BYTES_MAX;
	ac_call_begin(call);
	fault = AC_GUARD_ENTER();
	if (fault != 0) {
		ac_call_fault(call, fault, offset + done);
		return;
	}
	while (done < length) {
		size_t chunk = within_page(at + done, length - done);

		ac_touch(call->context->out + done, at + done, chunk);
		done += chunk;
	}
	AC_GUARD_LEAVE();
	ac_call_end(call, (int64_t)length);
	call->out_length = (uint32_t)length;
}

void ac_op_store(struct ac_call *call)
{
	uint64_t offset = call->arguments[2];
	volatile size_t done = 0;
	size_t length = (size_t)call->arguments[1];
	struct block block;
	uint8_t *at;
	int fault;

	if (open_access(call, offset, &at) < 0 || make_block(call, &block) < 0)
		return;
	ac_call_begin(call);
	fault = AC_GUARD_ENTER();
	if (fault != 0) {
		ac_call_fault(call, fault, offset + done);
		return;
	}
	while (done < length) {
		size_t chunk = chunk_of(&block, at, done, length);

		ac_touch(at + done, block.bytes + done % block.period, chunk);
		done += chunk;
	}
	AC_GUARD_LEAVE();
	ac_call_end(call, (int64_t)length);
}

void ac_op_scan(struct ac_call *call)
{
	uint64_t offset = call->arguments[2];
	volatile size_t done = 0;
	size_t length = (size_t)call->arguments[1];
	size_t matched = 0;
	size_t shown;
	struct block block;
	uint8_t *at;
	int fault;

	if (open_access(call, offset, &at) < 0 || make_block(call, &block) < 0)
		return;
	ac_call_begin(call);
	fault = AC_GUARD_ENTER();
	if (fault != 0) {
		ac_call_fault(call, fault, offset + done);
		return;
	}
	while (done < length) {
		size_t chunk = chunk_of(&block, at, done, length);

		matched = equal_bytes(at + done, block.bytes + done % block.period, chunk);
		if (matched < chunk) {
			done += matched;
			break;
		}
		done += chunk;
	}
	shown = length - done < 16 ? length - done : 16;
	/* What differs may end at a page that cannot be read; the bytes before it are enough. */
	shown = within_page(at + done, shown);
	if (shown > 0)
		ac_touch(call->context->out, at + done, shown);
	AC_GUARD_LEAVE();
	ac_call_end(call, (int64_t)done);
	call->out_length = (uint32_t)shown;
}
