/* SPDX-License-Identifier: MIT */
/* What the first client gives up, and with it every other: they are forked from it. */
#define _GNU_SOURCE
#include "../include/confine.h"

#include "../include/executor.h"

#include <sys/prctl.h>

void ac_confine_start(void)
{
	ac_shared->confined = ac_filter_works() ? AC_CONFINED_FILTER : AC_CONFINED_NOT;
}

int ac_confine_client(void)
{
	if (ac_shared->confined == AC_CONFINED_NOT)
		return 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return ac_filter_install();
}
