/* SPDX-License-Identifier: MIT */
/* The executor as a daemon: frames in, frames out, one session at a time. */
#ifndef ALLOCERT_AGENT_H
#define ALLOCERT_AGENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "supervisor.h"

#define AGENT_TEXT_BYTES 16384
#define AGENT_LOG_BYTES 65536

/* How a session ended. */
enum agent_end {
	AGENT_BYE, /* the host said so */
	AGENT_HUNG_UP, /* the host is gone */
	AGENT_REFUSED, /* the host was told why */
};

/* Bytes of answers that go out together. */
#define AGENT_HELD_BYTES 65536

struct agent {
	int in;
	int out;
	int hangs_up; /* the channel tells a host that is gone by POLLHUP, not by an end of file */
	int hello_ms; /* how long a host of a socket may take for its hello */
	int idle_ms; /* and later for its next request, and for taking an answer */
	int patience_ms; /* the one of both that counts now; 0 waits for ever */
	uint64_t deadline_ns; /* when that is over for what is read or written now, or 0 */
	int case_told; /* the host knows that the case that began runs */
	uint64_t told_ns; /* when the host was told last that its Program runs */
	const char *trouble; /* a sentence for every host, when the machine is not fit */
	void (*on_begin)(const char *case_id); /* or NULL */
	struct ac_supervisor supervisor;
	size_t held_bytes; /* of answers that have not been written yet */
	uint8_t held[AGENT_HELD_BYTES];
};

/* Gives the host its patience anew, for one frame of it. */
void agent_wait_anew(struct agent *agent);

/* agent-frames.c: all return 0, or -1 when the host is gone or took too long */
int agent_read(struct agent *agent, void *to, size_t bytes);
int agent_skip(struct agent *agent, size_t bytes);
/*
 * An answer that may wait for the next one. It is written at the latest before anything is waited
 * for: a host that sends all Programs of a case at once costs one write for each.
 */
int agent_hold(struct agent *agent, unsigned type, struct iovec *parts, int count);
int agent_flush(struct agent *agent);
int agent_write(struct agent *agent, unsigned type, const void *payload, size_t bytes);
int agent_host_gone(void *agent);

/* agent-session.c */
enum agent_end agent_serve(struct agent *agent);

/* agent-facts.c: the machine is a guest, in which nobody works but clients */
extern int agent_in_guest;
/* Text of a facts frame into `text`; its length. */
size_t agent_facts(char *text, size_t room);

/* Where facts are written; a line that does not fit is left out whole. */
struct agent_sheet {
	char *text;
	size_t room;
	size_t used;
};
void agent_line(struct agent_sheet *sheet, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* agent-areas.c: the memory behind regions, as far as this machine shows it */
void agent_areas(struct agent_sheet *sheet);

/* agent-layout.c: how requests lie in memory, where the kernel has its types and such a region */
void agent_layouts(struct agent_sheet *sheet);

/*
 * agent-records.c: calls `tell` for each record of the log at `path`; 0, or -1 with errno when it
 * cannot be opened
 */
int agent_each_record(const char *path, void (*tell)(void *data, const char *record), void *data);

/*
 * agent-instruments.c: names of what the kernel watches its memory with, or "none"; whether its log
 * tells at all
 */
int agent_instruments(char *names, size_t room);

/* agent-log.c */
void agent_log_open(void);
int agent_log_known(void);
/* This thread's log, for another that goes on with it while this one does not. */
struct agent_log {
	int kmsg;
	char *text;
};
struct agent_log agent_log_lent(void);
void agent_log_continue(const struct agent_log *log);
/* What the kernel said since it was asked last, and its taint. */
struct ac_kernel_log agent_log_take(void);
/* Whether it says that something in it broke, whenever that was. */
int agent_kernel_damaged(void);

/* agent-channels.c: where hosts come from; the process's exit status */
int agent_serve_stdio(struct agent *agent);
int agent_serve_unix(struct agent *agent, const char *path);
int agent_serve_device(struct agent *agent, const char *path);

/* agent-init.c */
int agent_init(struct agent *agent);

#endif
