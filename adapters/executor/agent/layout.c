/* SPDX-License-Identifier: MIT */
/*
 * The layout of requests as the kernel was compiled with it, from its type information (BTF). A
 * module has its own, on top of the kernel's, where it was built beside a whole kernel. Source:
 * Documentation/bpf/btf.rst. Nothing in these bytes is believed: each is looked at inside of them.
 */
#include "../include/agent.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef ROOT
#define ROOT ""
#endif
#define BTF_PATH ROOT "/sys/kernel/btf"
#define BTF_MAGIC 0xeb9f
/* Those of distributions have about 6 MiB. */
#define BYTES_MAX (64 << 20)
#define MEMBERS_MAX 32
/* Of what is said of all structures. */
#define LAYOUT_BYTES 2048
/* Names for types, and qualifiers, that stand before a type with a size. */
#define CHAIN_MAX 32
#define KIND_FLAG (1u << 31)

/* Structures of requests that there are cases for. */
static const char *const names[] = { "dma_heap_allocation_data", "simple_allocate_data" };

enum kind { INT = 1, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT,
	    FUNC, FUNC_PROTO, VAR, DATASEC, FLOAT, DECL_TAG, TYPE_TAG, ENUM64, KINDS };

/* Bytes after a type's head: fixed ones, and so many for each of its elements. */
static const struct {
	uint8_t fixed;
	uint8_t each;
} tails[KINDS] = {
	[INT] = { 4, 0 }, [ARRAY] = { 12, 0 }, [STRUCT] = { 0, 12 }, [UNION] = { 0, 12 },
	[ENUM] = { 0, 8 }, [FUNC_PROTO] = { 0, 8 }, [VAR] = { 4, 0 }, [DATASEC] = { 0, 12 },
	[DECL_TAG] = { 4, 0 }, [ENUM64] = { 0, 12 },
};

struct header {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t bytes;
	uint32_t types_at;
	uint32_t types_bytes;
	uint32_t names_at;
	uint32_t names_bytes;
};

struct type {
	uint32_t name;
	uint32_t info;
	uint32_t size; /* or the number of another type */
};

struct member {
	uint32_t name;
	uint32_t type;
	uint32_t offset; /* in bits */
};

struct types {
	uint8_t *bytes;
	const uint8_t *list;
	const char *text;
	uint32_t text_bytes;
	uint32_t *places; /* of each type in the list */
	uint32_t count;
	const struct types *base; /* of a module: the kernel's, whose numbers come first */
};

static uint32_t kind_of(const struct type *type)
{
	return (type->info >> 24) & 0x1f;
}

static uint32_t elements_of(const struct type *type)
{
	return type->info & 0xffff;
}

static uint8_t *read_whole(const char *path, size_t *bytes)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	uint8_t *whole = NULL;
	size_t got = 0;
	ssize_t part = 1;

	if (descriptor < 0)
		return NULL;
	if (fstat(descriptor, &status) == 0 && status.st_size > 0 && status.st_size <= BYTES_MAX)
		whole = malloc((size_t)status.st_size);
	while (whole != NULL && part > 0 && got < (size_t)status.st_size) {
		part = read(descriptor, whole + got, (size_t)status.st_size - got);
		got += part > 0 ? (size_t)part : 0;
	}
	close(descriptor);
	*bytes = got;
	return whole;
}

/* How many bytes a type takes in the list, or 0 where it is none that is known here. */
static uint32_t bytes_of(const struct type *type)
{
	uint32_t kind = kind_of(type);

	if (kind == 0 || kind >= KINDS)
		return 0;
	return (uint32_t)sizeof(*type) + tails[kind].fixed + tails[kind].each * elements_of(type);
}

static struct type type_at(const struct types *types, uint32_t place)
{
	struct type type;

	memcpy(&type, types->list + place, sizeof(type));
	return type;
}

/* Finds where each type is; what follows one that is not known cannot be found. */
static int find_types(struct types *types, uint32_t bytes)
{
	uint32_t place = 0;

	types->places = malloc((bytes / sizeof(struct type) + 1) * sizeof(*types->places));
	if (types->places == NULL)
		return -1;
	while (bytes - place >= sizeof(struct type)) {
		struct type type = type_at(types, place);
		uint32_t length = bytes_of(&type);

		if (length == 0 || length > bytes - place)
			return -1;
		types->places[types->count++] = place;
		place += length;
	}
	return place == bytes ? 0 : -1;
}

static void forget(struct types *types)
{
	free(types->bytes);
	free(types->places);
	memset(types, 0, sizeof(*types));
}

/* 0, or -1 where the file is none of this kind. */
static int load(struct types *types, const char *path, const struct types *base)
{
	struct header header;
	size_t bytes;

	*types = (struct types){ .bytes = read_whole(path, &bytes), .base = base };
	if (types->bytes == NULL)
		return -1;
	if (bytes < sizeof(header))
		goto torn;
	memcpy(&header, types->bytes, sizeof(header));
	if (header.magic != BTF_MAGIC || header.version != 1 || header.bytes < sizeof(header) ||
	    header.bytes > bytes)
		goto torn;
	bytes -= header.bytes;
	if (header.types_at > bytes || header.types_bytes > bytes - header.types_at ||
	    header.names_at > bytes || header.names_bytes > bytes - header.names_at)
		goto torn;
	types->list = types->bytes + header.bytes + header.types_at;
	types->text = (const char *)types->bytes + header.bytes + header.names_at;
	types->text_bytes = header.names_bytes;
	/* Then every name in it ends. */
	if (header.names_bytes == 0 || types->text[header.names_bytes - 1] != '\0')
		goto torn;
	if (find_types(types, header.types_bytes) == 0)
		return 0;
torn:
	forget(types);
	return -1;
}

static const char *name_at(const struct types *types, uint32_t at)
{
	uint32_t before = types->base == NULL ? 0 : types->base->text_bytes;

	if (at < before)
		return types->base->text + at;
	return at - before < types->text_bytes ? types->text + (at - before) : "";
}

/* The type of a number, which counts from 1; its kind is 0 where there is none. */
static struct type type_of(const struct types *types, uint32_t number)
{
	uint32_t before = types->base == NULL ? 0 : types->base->count;

	if (number != 0 && number <= before)
		return type_at(types->base, types->base->places[number - 1]);
	if (number == 0 || number - before > types->count)
		return (struct type){ 0 };
	return type_at(types, types->places[number - before - 1]);
}

/* Bytes of a member's type, or 0 where that is no number. */
static uint32_t size_of(const struct types *types, uint32_t number)
{
	for (int i = 0; i < CHAIN_MAX; i++) {
		struct type type = type_of(types, number);

		switch (kind_of(&type)) {
		case INT:
		case ENUM:
		case ENUM64:
			return type.size;
		case TYPEDEF:
		case VOLATILE:
		case CONST:
		case TYPE_TAG:
			number = type.size;
			break;
		default:
			return 0;
		}
	}
	return 0;
}

/* `SIZE NAME@OFFSET+SIZE …` of the structure at a place; whether all of it could be told. */
static int describe(const struct types *types, uint32_t place, char *text, size_t room)
{
	struct type type = type_at(types, place);
	const uint8_t *at = types->list + place + sizeof(type);
	int length = snprintf(text, room, "%u", type.size);

	if (elements_of(&type) > MEMBERS_MAX)
		return 0;
	for (uint32_t i = 0; i < elements_of(&type); i++, at += sizeof(struct member)) {
		struct member member;
		uint32_t size;

		memcpy(&member, at, sizeof(member));
		size = size_of(types, member.type);
		/* A part of a byte, or what is no number. */
		if (type.info & KIND_FLAG || member.offset % 8 != 0 || size == 0)
			return 0;
		length += snprintf(text + length, room - (size_t)length, " %.64s@%u+%u",
				   name_at(types, member.name), member.offset / 8, size);
		if ((size_t)length >= room)
			return 0;
	}
	return 1;
}

static void look(struct agent_sheet *sheet, const struct types *types, uint32_t found[])
{
	for (uint32_t i = 0; i < types->count; i++) {
		struct type type = type_at(types, types->places[i]);
		char text[1024];

		if (kind_of(&type) != STRUCT)
			continue;
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			if (found[k] || strcmp(name_at(types, type.name), names[k]) != 0 ||
			    !describe(types, types->places[i], text, sizeof(text)))
				continue;
			found[k] = 1;
			agent_line(sheet, "layout.%s=%s\n", names[k], text);
		}
	}
}

static void look_everywhere(struct agent_sheet *sheet)
{
	uint32_t found[sizeof(names) / sizeof(names[0])] = { 0 };
	struct types kernel;
	struct dirent *entry;
	DIR *folder;

	if (load(&kernel, BTF_PATH "/vmlinux", NULL) < 0)
		return;
	look(sheet, &kernel, found);
	folder = opendir(BTF_PATH);
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		char path[sizeof(BTF_PATH) + sizeof(entry->d_name) + 1];
		struct types module;

		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "vmlinux") == 0)
			continue;
		snprintf(path, sizeof(path), BTF_PATH "/%s", entry->d_name);
		if (load(&module, path, &kernel) < 0)
			continue;
		look(sheet, &module, found);
		forget(&module);
	}
	if (folder != NULL)
		closedir(folder);
	forget(&kernel);
}

static int is_known(const char *node)
{
	return strncmp(node, "/dev/dma_heap/", 14) == 0 || strncmp(node, "/dev/cma", 8) == 0;
}

/*
 * A kernel's types are some MiB, so they are read where they are needed, and once. The text is on
 * the heap: what is loaded into Node has little room for variables of threads.
 */
void agent_layouts(struct agent_sheet *sheet)
{
	static __thread char *text;
	static __thread size_t used;

	for (uint32_t i = 0; text == NULL && i < ac_shared->regions; i++) {
		if (is_known(ac_shared->region_paths[i])) {
			struct agent_sheet own = { .room = LAYOUT_BYTES };

			own.text = malloc(LAYOUT_BYTES);
			if (own.text == NULL)
				return;
			look_everywhere(&own);
			text = own.text;
			used = own.used;
		}
	}
	if (text != NULL)
		agent_line(sheet, "%.*s", (int)used, text);
}
