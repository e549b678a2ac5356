/* SPDX-License-Identifier: MIT */
/* What the first client gives up, and with it every other: they are forked from it. */
#define _GNU_SOURCE
#include "../include/confine.h"

#include "../include/executor.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From linux/capability.h, which musl's compiler does not find. */
#define CAPABILITY_VERSION 0x20080522u
#define CAPABILITIES 64
#define CAP_DAC_OVERRIDE 1
#define CAP_KILL 5
#define CAP_SETUID 7
#define CAP_IPC_LOCK 14
#define CAP_SYS_RESOURCE 24

/*
 * Kept: devices of other users are opened as before; clients of other users are killed; user ids
 * are given up; memory is locked, and messages are under way, beyond the limits of users.
 */
static const uint32_t kept = 1u << CAP_DAC_OVERRIDE | 1u << CAP_KILL | 1u << CAP_SETUID |
			     1u << CAP_IPC_LOCK | 1u << CAP_SYS_RESOURCE;

struct capability_head {
	uint32_t version;
	int32_t process;
};

struct capability_sets {
	uint32_t effective;
	uint32_t permitted;
	uint32_t inheritable;
};

static int drop_capabilities(void)
{
	struct capability_head head = { .version = CAPABILITY_VERSION };
	struct capability_sets sets[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	for (unsigned i = 0; i < CAPABILITIES; i++) {
		/* A kernel has fewer: those that it does not have are EINVAL. */
		if (i >= 32 || (kept >> i & 1) == 0)
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	}
	if (syscall(SYS_capget, &head, sets) < 0)
		return -1;
	sets[0].permitted &= kept;
	sets[0].effective &= kept;
	sets[0].inheritable = 0;
	sets[1] = (struct capability_sets){ 0, 0, 0 };
	return (int)syscall(SYS_capset, &head, sets);
}

void ac_confine_start(void)
{
	if (ac_confined_root >= 0)
		ac_shared->confined = AC_CONFINED_NAMESPACES;
	else
		ac_shared->confined = ac_filter_works() ? AC_CONFINED_FILTER : AC_CONFINED_NOT;
}

int ac_confine_root(void)
{
	if (ac_shared->confined != AC_CONFINED_NAMESPACES)
		return 0;
	return fchdir(ac_confined_root) < 0 || chroot(".") < 0 ? -1 : 0;
}

int ac_confine_client(void)
{
	if (ac_shared->confined == AC_CONFINED_NOT)
		return 0;
	if (ac_shared->confined == AC_CONFINED_NAMESPACES && drop_capabilities() < 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return ac_filter_install();
}
