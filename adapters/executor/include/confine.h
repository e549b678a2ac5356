/* SPDX-License-Identifier: MIT */
/* What clients can reach of the machine, beside the target. docs/remote.md says how far it goes. */
#ifndef ALLOCERT_CONFINE_H
#define ALLOCERT_CONFINE_H

/* As far as this kernel can: what the first client is to give up. For agents outside of guests. */
void ac_confine_start(void);
/* In the first client, and for good. 0, or -1 with errno. */
int ac_confine_client(void);
/* filter.c: whether this kernel filters system calls; emulators of user mode do not */
int ac_filter_works(void);
/* No system call that a client has no use for, for good. 0, or -1 with errno. */
int ac_filter_install(void);

#endif
