/* SPDX-License-Identifier: MIT */
/* Bytes of frames, over pipes, sockets and virtio ports. */
#define _GNU_SOURCE
#include "../include/agent.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../include/executor.h"

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

void agent_wait_anew(struct agent *agent)
{
	uint64_t patience_ns = (uint64_t)agent->patience_ms * 1000000;

	agent->deadline_ns = patience_ns == 0 ? 0 : ac_now_ns() + patience_ns;
}

/*
 * Whether the host can be read from, or written to, before its time is up; its end counts as well.
 * The time is that of a whole frame: a byte now and then does not lengthen it.
 */
static int in_time(const struct agent *agent, int descriptor, short events)
{
	struct pollfd polled = { .fd = descriptor, .events = events };

	if (agent->deadline_ns == 0)
		return 1;
	for (;;) {
		uint64_t now = ac_now_ns();
		uint64_t left_ms = (agent->deadline_ns - now + 999999) / 1000000;
		int count;

		if (now >= agent->deadline_ns)
			return 0;
		count = poll(&polled, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms);
		if (count > 0 || (count < 0 && errno != EINTR))
			return count > 0;
	}
}

/* Whether something of the host is there, so that reading does not wait. */
static int has_sent(const struct agent *agent)
{
	struct pollfd polled = { .fd = agent->in, .events = POLLIN };

	return poll(&polled, 1, 0) > 0 && (polled.revents & POLLIN) != 0;
}

int agent_read(struct agent *agent, void *to, size_t bytes)
{
	uint8_t *at = to;

	while (bytes > 0) {
		ssize_t got;

		if (agent->held_bytes > 0 && !has_sent(agent) && agent_flush(agent) < 0)
			return -1;
		if (!in_time(agent, agent->in, POLLIN))
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

/* As much as the host takes now; one whose time is limited is at a socket. */
static ssize_t write_some(struct agent *agent, const uint8_t *from, size_t bytes)
{
	if (agent->deadline_ns == 0)
		return write(agent->out, from, bytes);
	return send(agent->out, from, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int write_all(struct agent *agent, const uint8_t *from, size_t bytes)
{
	while (bytes > 0) {
		ssize_t put;

		/* A virtio port would hold the bytes back for the next host, who did not ask. */
		if (agent->hangs_up && agent_host_gone(agent))
			return -1;
		if (!in_time(agent, agent->out, POLLOUT))
			return -1;
		put = write_some(agent, from, bytes);
		if (put < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (put <= 0)
			return -1;
		from += put;
		bytes -= (size_t)put;
	}
	return 0;
}

int agent_flush(struct agent *agent)
{
	size_t bytes = agent->held_bytes;

	agent->held_bytes = 0;
	agent_wait_anew(agent);
	return write_all(agent, agent->held, bytes);
}

/* What is longer than all that may be held goes out at once, after what was held before it. */
static int hold_bytes(struct agent *agent, const void *from, size_t bytes)
{
	if (bytes == 0)
		return 0;
	if (bytes > sizeof(agent->held) - agent->held_bytes && agent_flush(agent) < 0)
		return -1;
	if (bytes > sizeof(agent->held)) {
		agent_wait_anew(agent);
		return write_all(agent, from, bytes);
	}
	memcpy(agent->held + agent->held_bytes, from, bytes);
	agent->held_bytes += bytes;
	return 0;
}

int agent_hold(struct agent *agent, unsigned type, struct iovec *parts, int count)
{
	struct ac_frame frame = { .type = (uint16_t)type };

	for (int i = 0; i < count; i++)
		frame.length += (uint32_t)parts[i].iov_len;
	if (hold_bytes(agent, &frame, sizeof(frame)) < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		if (hold_bytes(agent, parts[i].iov_base, parts[i].iov_len) < 0)
			return -1;
	}
	return 0;
}

int agent_write(struct agent *agent, unsigned type, const void *payload, size_t bytes)
{
	struct iovec part = { (void *)(uintptr_t)payload, bytes };

	if (agent_hold(agent, type, &part, 1) < 0)
		return -1;
	return agent_flush(agent);
}
