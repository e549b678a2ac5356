/* SPDX-License-Identifier: MIT */
/* Bytes of frames, over pipes, sockets and virtio ports. */
#define _GNU_SOURCE
#include "../include/agent.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#ifndef POLLRDHUP
#define POLLRDHUP 0x2000
#endif

/* Whether whoever sent the Program is gone. Bytes that it left behind do not matter any more. */
int agent_host_gone(void *data)
{
	const struct agent *agent = data;
	struct pollfd polled = { .fd = agent->in, .events = POLLRDHUP };

	if (poll(&polled, 1, 0) <= 0)
		return 0;
	return (polled.revents & (POLLHUP | POLLERR | POLLNVAL | POLLRDHUP)) != 0;
}

/* Whether there is something to read before the host's time is up; its end counts as something. */
static int arrives(const struct agent *agent)
{
	struct pollfd polled = { .fd = agent->in, .events = POLLIN };
	int count;

	if (agent->patience_ms == 0)
		return 1;
	do {
		count = poll(&polled, 1, agent->patience_ms);
	} while (count < 0 && errno == EINTR);
	return count > 0;
}

int agent_read(struct agent *agent, void *to, size_t bytes)
{
	uint8_t *at = to;

	while (bytes > 0) {
		ssize_t got;

		if (!arrives(agent))
			return -1;
		got = read(agent->in, at, bytes);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return -1;
		at += got;
		bytes -= (size_t)got;
	}
	return 0;
}

int agent_skip(struct agent *agent, size_t bytes)
{
	uint8_t buffer[4096];

	while (bytes > 0) {
		size_t part = bytes < sizeof(buffer) ? bytes : sizeof(buffer);

		if (agent_read(agent, buffer, part) < 0)
			return -1;
		bytes -= part;
	}
	return 0;
}

static int write_all(struct agent *agent, const uint8_t *from, size_t bytes)
{
	while (bytes > 0) {
		ssize_t put;

		/* A virtio port would hold the bytes back for the next host, who did not ask. */
		if (agent->hangs_up && agent_host_gone(agent))
			return -1;
		put = write(agent->out, from, bytes);
		if (put < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (put <= 0)
			return -1;
		from += put;
		bytes -= (size_t)put;
	}
	return 0;
}

int agent_write_parts(struct agent *agent, unsigned type, struct iovec *parts, int count)
{
	struct ac_frame frame = { .type = (uint16_t)type };

	for (int i = 0; i < count; i++)
		frame.length += (uint32_t)parts[i].iov_len;
	if (write_all(agent, (const uint8_t *)&frame, sizeof(frame)) < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		if (write_all(agent, parts[i].iov_base, parts[i].iov_len) < 0)
			return -1;
	}
	return 0;
}

int agent_write(struct agent *agent, unsigned type, const void *payload, size_t bytes)
{
	struct iovec part = { (void *)(uintptr_t)payload, bytes };

	return agent_write_parts(agent, type, &part, 1);
}
