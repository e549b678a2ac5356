/* SPDX-License-Identifier: MIT */
/* Descriptors passed from client to client. */
#define _GNU_SOURCE
#include "../include/executor.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Aligned as the macros want it. */
union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

void ac_op_socketpair(struct ac_call *call)
{
	int pair[2];
	int value;

	ac_call_begin(call);
	value = socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
	ac_call_end(call, value);
	if (value != 0)
		return;
	memcpy(call->context->out, pair, sizeof(pair));
	call->out_length = sizeof(pair);
}

void ac_op_sendfd(struct ac_call *call)
{
	int passed = (int)call->arguments[1];
	union control control;
	char byte = 0;
	struct iovec part = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message;

	memset(&control, 0, sizeof(control));
	memset(&message, 0, sizeof(message));
	message.msg_iov = &part;
	message.msg_iovlen = 1;
	message.msg_control = control.room;
	message.msg_controllen = sizeof(control.room);
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &passed, sizeof(passed));
	ac_call_begin(call);
	/* A full queue is an answer: a client that waits for room looks like one that hangs. */
	ac_call_end(call, sendmsg((int)call->arguments[0], &message, MSG_NOSIGNAL | MSG_DONTWAIT));
}

void ac_op_recvfd(struct ac_call *call)
{
	union control control;
	char byte = 0;
	struct iovec part = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message;
	int received = -1;

	memset(&message, 0, sizeof(message));
	message.msg_iov = &part;
	message.msg_iovlen = 1;
	message.msg_control = control.room;
	message.msg_controllen = sizeof(control.room);
	ac_call_begin(call);
	if (recvmsg((int)call->arguments[0], &message,
		    (int)call->arguments[1] | MSG_DONTWAIT) >= 0) {
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);

		if (header != NULL && header->cmsg_type == SCM_RIGHTS &&
		    header->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(&received, CMSG_DATA(header), sizeof(received));
		else
			/*
			 * The kernel drops a descriptor that finds no number, and only hints at it.
			 */
			errno = (message.msg_flags & MSG_CTRUNC) ? EMFILE : ENOMSG;
	}
	ac_call_end(call, received);
}
