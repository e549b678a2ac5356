/* SPDX-License-Identifier: MIT */
/* What clients can reach of the machine, beside the target. docs/remote.md says how far it goes. */
#ifndef ALLOCERT_CONFINE_H
#define ALLOCERT_CONFINE_H

/* The folder that is the root of clients, or -1: theirs is the machine's. */
extern int ac_confined_root;

/*
 * Of root's agent, before anything else: goes on as the first process of namespaces of its own,
 * where the machine allows them; ac_confined_root says whether it did.
 */
void ac_confine_enter(void);
/*
 * Before a session, while there are no clients: these get to see the nodes that are there now. 0,
 * or -1 with errno.
 */
int ac_confine_nodes(void);
/* As far as this kernel can: what the first client is to give up. For agents outside of guests. */
void ac_confine_start(void);
/* In the first client, and for good. 0, or -1 with errno. */
int ac_confine_root(void);
int ac_confine_client(void);
/* filter.c: whether this kernel filters system calls; emulators of user mode do not */
int ac_filter_works(void);
/* No system call that a client has no use for, for good. 0, or -1 with errno. */
int ac_filter_install(void);

#endif
