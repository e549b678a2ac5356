/* SPDX-License-Identifier: MIT */
/*
 * Where bytes lie in the machine's memory. A driver that maps page frames by their number hides
 * them from /proc/self/pagemap (VM_PFNMAP); what a client wrote there can be found all the same, in
 * /proc/kcore, which shows root the kernel's own mapping of memory as an ELF file.
 */
#include "../include/executor.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Tests have another. */
#ifndef KCORE_PATH
#define KCORE_PATH "/proc/kcore"
#endif
#define SEGMENTS_MAX 64
#define KEY_BYTES 16
#define TWICE UINT64_MAX

/* A stretch of memory in the file. */
struct segment {
	uint64_t offset;
	uint64_t physical;
	uint64_t bytes;
};

/* How a page begins, and how its second half does; which of the keys asked for it is. */
struct key {
	uint64_t head;
	uint64_t middle;
	uint32_t index;
};

struct search {
	int file;
	size_t page_bytes;
	uint64_t first; /* frames: from here */
	uint64_t count; /* so many, or 0 for all */
	const struct key *keys; /* sorted */
	size_t keys_count;
	uint64_t *frames;
};

static int read_at(int file, uint64_t offset, void *to, size_t bytes)
{
	return pread(file, to, bytes, (off_t)offset) == (ssize_t)bytes ? 0 : -1;
}

/* Segments without a physical address are of the kernel's own allocations, and shown elsewhere. */
static int add_segment(struct segment *segments, int count, uint64_t offset, uint64_t physical,
		       uint64_t bytes)
{
	if (physical == UINT64_MAX || physical == UINT32_MAX || bytes == 0)
		return count;
	segments[count] = (struct segment){ offset, physical, bytes };
	return count + 1;
}

/* The same for both sizes of ELF, which differ in their structures alone. */
#define READ_SEGMENTS(bits)                                                                     \
	static int read_segments_##bits(int file, struct segment *segments)                     \
	{                                                                                       \
		Elf##bits##_Ehdr header;                                                        \
		Elf##bits##_Phdr program;                                                       \
		int count = 0;                                                                  \
                                                                                                \
		if (read_at(file, 0, &header, sizeof(header)) < 0)                              \
			return -1;                                                              \
		for (unsigned i = 0; i < header.e_phnum && count < SEGMENTS_MAX; i++) {         \
			uint64_t at = header.e_phoff + i * sizeof(program);                     \
                                                                                                \
			if (read_at(file, at, &program, sizeof(program)) < 0)                   \
				return -1;                                                      \
			if (program.p_type == PT_LOAD)                                          \
				count = add_segment(segments, count, program.p_offset,          \
						    program.p_paddr, program.p_memsz);          \
		}                                                                               \
		return count;                                                                   \
	}
READ_SEGMENTS(64)
READ_SEGMENTS(32)
#undef READ_SEGMENTS

static int read_segments(int file, struct segment *segments)
{
	unsigned char identity[EI_NIDENT];

	if (read_at(file, 0, identity, sizeof(identity)) < 0)
		return -1;
	if (memcmp(identity, ELFMAG, SELFMAG) != 0) {
		errno = ENOEXEC;
		return -1;
	}
	return identity[EI_CLASS] == ELFCLASS64 ? read_segments_64(file, segments)
						: read_segments_32(file, segments);
}

static int compare_keys(const void *a, const void *b)
{
	uint64_t x = ((const struct key *)a)->head;
	uint64_t y = ((const struct key *)b)->head;

	return x < y ? -1 : x > y;
}

static const struct key *find_key(const struct search *search, uint64_t head)
{
	size_t low = 0;
	size_t high = search->keys_count;

	while (low < high) {
		size_t at = low + (high - low) / 2;

		if (search->keys[at].head < head)
			low = at + 1;
		else
			high = at;
	}
	return low < search->keys_count && search->keys[low].head == head ? search->keys + low
									  : NULL;
}

/* A frame whose page begins as a key says, or several keys of the same beginning. */
static void look_at(const struct search *search, uint64_t offset, uint64_t frame)
{
	const struct key *end = search->keys + search->keys_count;
	const struct key *key;
	uint64_t head, middle;

	if (read_at(search->file, offset, &head, sizeof(head)) < 0)
		return;
	key = find_key(search, head);
	if (key == NULL)
		return;
	if (read_at(search->file, offset + search->page_bytes / 2, &middle, sizeof(middle)) < 0)
		return;
	for (; key < end && key->head == head; key++) {
		uint64_t *found = search->frames + key->index;

		if (key->middle != middle || *found == frame)
			continue;
		*found = *found == 0 ? frame : TWICE;
	}
}

static void search_segment(const struct search *search, const struct segment *segment)
{
	uint64_t page = search->page_bytes;
	uint64_t first = (segment->physical + page - 1) / page;
	uint64_t end = (segment->physical + segment->bytes) / page;

	if (search->count != 0) {
		uint64_t last = search->first + search->count;

		if (last < search->first)
			last = UINT64_MAX;
		first = first < search->first ? search->first : first;
		end = end > last ? last : end;
	}
	for (uint64_t frame = first; frame < end; frame++)
		look_at(search, segment->offset + (frame * page - segment->physical), frame);
}

/* Searches for all keys; 0, or -1 with errno. */
static int search_all(struct search *search)
{
	struct segment segments[SEGMENTS_MAX];
	int count = read_segments(search->file, segments);

	if (search->keys_count == 0)
		return count < 0 ? -1 : 0;
	for (int i = 0; i < count; i++)
		search_segment(search, segments + i);
	return count < 0 ? -1 : 0;
}

static struct key *sorted_keys(const uint8_t *bytes, size_t count)
{
	struct key *keys = malloc((count + 1) * sizeof(*keys));

	if (keys == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		memcpy(&keys[i].head, bytes + i * KEY_BYTES, sizeof(uint64_t));
		memcpy(&keys[i].middle, bytes + i * KEY_BYTES + 8, sizeof(uint64_t));
		/* They came inverted: the request lies in memory too, and must not be found. */
		keys[i].head = ~keys[i].head;
		keys[i].middle = ~keys[i].middle;
		keys[i].index = (uint32_t)i;
	}
	qsort(keys, count, sizeof(*keys), compare_keys);
	return keys;
}

void ac_op_locate(struct ac_call *call)
{
	size_t count = call->operation->data_length / KEY_BYTES;
	size_t most = AC_OUT_BYTES_MAX / sizeof(uint64_t);
	struct search search = {
		.page_bytes = (size_t)sysconf(_SC_PAGESIZE),
		.first = call->arguments[1],
		.count = call->arguments[2],
		.frames = (uint64_t *)(void *)call->context->out,
		.keys_count = count < most ? count : most,
	};
	struct key *keys = sorted_keys(call->data, search.keys_count);
	int error;

	if (keys == NULL) {
		ac_call_begin(call);
		errno = ENOMEM;
		ac_call_end(call, -1);
		return;
	}
	search.keys = keys;
	/* All of it: a store before has left whole pages of its bytes there. */
	memset(search.frames, 0, AC_OUT_BYTES_MAX);
	ac_call_begin(call);
	search.file = ac_may_see_memory() ? ac_open_own(KCORE_PATH, O_RDONLY) : -1;
	error = search.file < 0 ? -1 : search_all(&search);
	if (search.file >= 0) {
		int why = errno;

		close(search.file);
		errno = why;
	}
	ac_call_end(call, error < 0 ? -1 : (int64_t)search.keys_count);
	if (error == 0)
		call->out_length = (uint32_t)(search.keys_count * sizeof(uint64_t));
	free(keys);
}
