/* SPDX-License-Identifier: MIT */
/*
 * A small process that first clients are forked from, where the supervisor is a part of a large
 * one: a fork of that would copy all of its page tables, and have it fault at every page that it
 * writes to afterwards. The library is started here, as in an agent, so that every client has it
 * from birth.
 */
#ifndef ALLOCERT_NURSERY_H
#define ALLOCERT_NURSERY_H

#include <sys/types.h>

/* Of an embedded supervisor whose executable and library are known: NULL, or what is wrong. */
const char *ac_nursery_start(void);
void ac_nursery_stop(void);
/* A fresh first client, which is the supervisor's child: its number, or -1 with errno. */
pid_t ac_nursery_bear(void);
/* The process itself: `--nursery SOCKET CONTROL DATA`, descriptors that the supervisor has too. */
int ac_nursery_main(int argc, char **argv);

#endif
