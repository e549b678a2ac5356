/* SPDX-License-Identifier: MIT */
/*
 * Puts an ioctl's argument where the Program wants it. Each thread has one run of pages for it:
 *
 *	| before | data … data | neighbour |
 *
 * The argument lies in the data pages, so that there is always room for a red zone before it; the
 * neighbour is the page whose protection `page-end` and `unmapped` change.
 */
#define _GNU_SOURCE
#include "../include/executor.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define ZONE_PATTERN 0xa5
#define PLAIN_OFFSET 256

/* Asked for once: the answer costs as much as the rest of a placement. */
static size_t page_bytes(void)
{
	static _Atomic size_t known;
	size_t bytes = atomic_load_explicit(&known, memory_order_relaxed);

	if (bytes == 0) {
		bytes = (size_t)sysconf(_SC_PAGESIZE);
		atomic_store_explicit(&known, bytes, memory_order_relaxed);
	}
	return bytes;
}

/* Bytes from the start of the run to the neighbour. */
static size_t neighbour_offset(void)
{
	size_t page = page_bytes();

	return page * 2 + ((AC_ARGUMENT_BYTES_MAX + page - 1) & ~(page - 1));
}

/*
 * Where the runs of threads lie, one each STRIDE. Linux looks for room from the top of the address
 * space, or from a third of it on: it comes here last. So no mapping of another thread takes the
 * place of a neighbour that is unmapped for the time of a call, which would make memory of it.
 */
#define RUNS_BEGIN 0x20000000u
#define RUNS_STRIDE 0x100000u
#define RUNS 256u

static void *low_run(size_t bytes)
{
	for (unsigned i = 0; i < RUNS; i++) {
		void *wanted = (void *)(uintptr_t)(RUNS_BEGIN + i * RUNS_STRIDE);
		void *at = mmap(wanted, bytes, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		if (at == wanted)
			return at;
		/* Kernels before 4.17 take the address for a hint. */
		if (at != MAP_FAILED)
			munmap(at, bytes);
	}
	return MAP_FAILED;
}

static int have_pages(struct ac_context *context)
{
	size_t bytes = neighbour_offset() + page_bytes();
	void *at;

	if (context->pages != NULL)
		return 0;
	at = low_run(bytes);
	if (at == MAP_FAILED)
		at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return -1;
	context->pages = at;
	return 0;
}

/* A kernel address of this machine: inside the linear mapping, or at least in the last page. */
static uint8_t *kernel_address(void)
{
#if defined(__x86_64__) && !defined(__ILP32__)
	return (uint8_t *)(uintptr_t)0xffff888000000000u;
#else
	return (uint8_t *)(~(uintptr_t)0 - 4095);
#endif
}

static int protection_bits(unsigned protection)
{
	switch (protection) {
	case AC_PROTECTION_READ_ONLY:
		return PROT_READ;
	case AC_PROTECTION_WRITE_ONLY:
		return PROT_WRITE;
	default:
		return PROT_NONE;
	}
}

/* Where the argument starts, or NULL when it would not lie in our pages. */
static uint8_t *start_of(const struct ac_call *call)
{
	const struct ac_operation *operation = call->operation;
	uint8_t *data = call->context->pages + page_bytes();
	uint8_t *end = call->context->pages + neighbour_offset();
	int32_t page = (int32_t)page_bytes();
	int32_t distance = operation->distance;

	switch (operation->placement) {
	case AC_PLACEMENT_NULL:
		return NULL;
	case AC_PLACEMENT_KERNEL:
		return kernel_address();
	case AC_PLACEMENT_UNMAPPED:
		return end;
	case AC_PLACEMENT_PAGE:
		return data;
	case AC_PLACEMENT_PAGE_END:
		if (distance < -page || distance > page)
			return NULL;
		return end - distance - operation->data_length;
	case AC_PLACEMENT_UNALIGNED:
		if (distance < 0 || distance >= 4096)
			return NULL;
		return data + PLAIN_OFFSET + distance;
	default:
		return data + PLAIN_OFFSET;
	}
}

/* Protects the argument's own pages, or its neighbour. */
static int protect(const struct ac_call *call, struct ac_place *place)
{
	const struct ac_operation *operation = call->operation;
	uint8_t *neighbour = call->context->pages + neighbour_offset();
	size_t page = page_bytes();
	int bits = protection_bits(operation->neighbour);

	place->is_protected = place->unmapped || operation->placement == AC_PLACEMENT_PAGE ||
			      operation->placement == AC_PLACEMENT_PAGE_END;
	if (place->unmapped)
		return munmap(neighbour, page);
	if (operation->placement == AC_PLACEMENT_PAGE) {
		size_t pages = place->length == 0 ? 1 : (place->length + page - 1) / page;

		return mprotect(place->argument, pages * page, bits);
	}
	if (operation->placement == AC_PLACEMENT_PAGE_END)
		return mprotect(neighbour, page, bits);
	return 0;
}

/* Copies the argument in, with red zones as far as there is memory for them. */
static void fill(const struct ac_call *call, const struct ac_place *place)
{
	uint8_t *after = place->argument + place->present;
	size_t room = (size_t)(place->mapped_end - after);

	memset(place->argument - AC_ZONE_BYTES, ZONE_PATTERN, AC_ZONE_BYTES);
	/* A length that the compiler knows costs no call. */
	if (room >= AC_ZONE_BYTES)
		memset(after, ZONE_PATTERN, AC_ZONE_BYTES);
	else
		memset(after, ZONE_PATTERN, room);
	memcpy(place->argument, call->data, place->present);
}

int ac_place_argument(struct ac_call *call, struct ac_place *place)
{
	const struct ac_operation *operation = call->operation;
	uint8_t *neighbour;

	memset(place, 0, sizeof(*place));
	place->length = operation->data_length;
	if (place->length > AC_ARGUMENT_BYTES_MAX || have_pages(call->context) < 0)
		return -1;
	if (operation->neighbour > AC_PROTECTION_WRITE_ONLY &&
	    operation->placement != AC_PLACEMENT_FLIPPED)
		return -1;
	place->argument = start_of(call);
	if (operation->placement == AC_PLACEMENT_NULL ||
	    operation->placement == AC_PLACEMENT_KERNEL)
		return 0;
	if (place->argument == NULL)
		return -1;
	neighbour = call->context->pages + neighbour_offset();
	place->unmapped = operation->placement == AC_PLACEMENT_UNMAPPED ||
			  (operation->placement == AC_PLACEMENT_PAGE_END &&
			   operation->neighbour == AC_PROTECTION_UNMAPPED);
	place->mapped_end = neighbour + (place->unmapped ? 0 : page_bytes());
	if (place->argument < place->mapped_end) {
		size_t room = (size_t)(place->mapped_end - place->argument);

		place->present = room < place->length ? (uint32_t)room : place->length;
		fill(call, place);
	}
	return protect(call, place);
}

/* Another thread's mapping may have taken the place of the neighbour; then we need other pages. */
static void map_neighbour_again(struct ac_context *context)
{
	uint8_t *neighbour = context->pages + neighbour_offset();
	void *at = mmap(neighbour, page_bytes(), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (at == neighbour)
		return;
	if (at != MAP_FAILED)
		munmap(at, page_bytes());
	munmap(context->pages, neighbour_offset());
	context->pages = NULL;
}

static int zone_intact(const uint8_t *zone, size_t length)
{
	static const uint8_t intact[AC_ZONE_BYTES] = { [0 ... AC_ZONE_BYTES - 1] = ZONE_PATTERN };
	uint64_t changed = 0;
	uint64_t word;

	if (length != AC_ZONE_BYTES)
		return memcmp(zone, intact, length) == 0;
#pragma GCC unroll 8
	for (unsigned i = 0; i < AC_ZONE_BYTES; i += sizeof(word)) {
		memcpy(&word, zone + i, sizeof(word));
		changed |= word ^ (UINT64_MAX / 0xff * ZONE_PATTERN);
	}
	return changed == 0;
}

void ac_take_argument(struct ac_call *call, const struct ac_place *place)
{
	uint8_t *after = place->argument + place->present;
	size_t room;

	if (place->mapped_end == NULL)
		return;
	if (place->is_protected)
		mprotect(call->context->pages,
			 (size_t)(place->mapped_end - call->context->pages),
			 PROT_READ | PROT_WRITE);
	if (place->argument < place->mapped_end) {
		room = (size_t)(place->mapped_end - after);
		if (!zone_intact(place->argument - AC_ZONE_BYTES, AC_ZONE_BYTES))
			call->result.flags |= AC_RESULT_ZONE_BEFORE;
		if (!zone_intact(after, room < AC_ZONE_BYTES ? room : AC_ZONE_BYTES))
			call->result.flags |= AC_RESULT_ZONE_AFTER;
		/*
		 * Bytes that had no memory were never given to anybody: they come back as they
		 * were.
		 */
		if (place->present < place->length)
			memcpy(call->context->out, call->data, place->length);
		memcpy(call->context->out, place->argument, place->present);
		call->out_length = place->length;
	}
	if (place->unmapped)
		map_neighbour_again(call->context);
}
