/* SPDX-License-Identifier: MIT */
/*
 * Loads a vendor's library. The supervisor loads it, so that every client has it from birth; a
 * client that went through exec loads it again, and finds the memory of the others by the state.
 */
#include "../include/executor.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

__thread const struct allocert_vendor *ac_vendor;

static __thread char trouble[512];

static const char *say(const char *what, const char *why)
{
	snprintf(trouble, sizeof(trouble), "%s: %s", what, why == NULL ? "no reason given" : why);
	return trouble;
}

const char *ac_vendor_said(const char *sentence)
{
	snprintf(trouble, sizeof(trouble), "%s", sentence);
	return trouble;
}

#ifdef ALLOCERT_LOADS_LIBRARIES
static const char *find_table(const char *path, const struct allocert_vendor **table)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return say("the library cannot be loaded", dlerror());
	*table = dlsym(library, "allocert_vendor");
	if (*table == NULL)
		return say("the library has no table named allocert_vendor (see docs/native.md)", path);
	return NULL;
}
#else
/* A static program can load nothing; such an agent is for devices. */
static const char *find_table(const char *path, const struct allocert_vendor **table)
{
	(void)table;
	return say("this agent was built without the means to load libraries", path);
}
#endif

static const char *check_table(const struct allocert_vendor *table)
{
	if (table->version != ALLOCERT_VENDOR_VERSION)
		return "the library's table has another version; build it with the header of this "
		       "allocert";
	if (table->bytes != sizeof(*table))
		return "the library's table has another size; build it with the header of this "
		       "allocert";
	if (table->name == NULL || table->node == NULL || table->abi == NULL)
		return "the library's table leaves out its name, its node or its abi";
	if (table->node[0] != '/' || strlen(table->node) >= AC_REGION_PATH_BYTES)
		return "the library's node is not a path, or is too long";
	return NULL;
}

static const char *load(const char *path)
{
	const struct allocert_vendor *table = NULL;
	const char *wrong = find_table(path, &table);

	if (wrong == NULL)
		wrong = check_table(table);
	if (wrong != NULL)
		return wrong;
	ac_vendor = table;
	return NULL;
}

static const char *start(uint8_t *state, int again)
{
	if (ac_vendor->start != NULL && ac_vendor->start(state, again) < 0)
		return say("the library cannot start", strerror(errno));
	return NULL;
}

const char *ac_vendor_load(const char *path)
{
	if (strlen(path) >= sizeof(ac_shared->library_path))
		return "the library's path is too long";
	strcpy(ac_shared->library_path, path);
	return load(path);
}

const char *ac_vendor_start(void)
{
	return start(ac_shared->library_state, 0);
}

/* In the nursery, which tells the supervisor what the library left. */
const char *ac_vendor_load_first(uint8_t *state)
{
	const char *wrong;

	if (ac_shared->library_path[0] == '\0')
		return NULL;
	wrong = load(ac_shared->library_path);
	return wrong != NULL ? wrong : start(state, 0);
}

/* A client cannot write to what the library left for it, so it is given a copy. */
const char *ac_vendor_load_again(void)
{
	static _Alignas(64) uint8_t state[ALLOCERT_VENDOR_STATE_BYTES];
	const char *wrong;

	if (ac_shared->library_path[0] == '\0')
		return NULL;
	memcpy(state, ac_shared->library_state, sizeof(state));
	wrong = load(ac_shared->library_path);
	return wrong != NULL ? wrong : start(state, 1);
}
