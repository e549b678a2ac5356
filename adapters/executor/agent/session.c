/* SPDX-License-Identifier: MIT */
/* One session: the handshake, then begin and run until the host leaves or does what it must not. */
#include "../include/agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../include/confine.h"

#define CASE_ID_BYTES 1024
/* How often a host hears that its Program still runs. */
#define TELL_NS 5000000000ull

static enum agent_end refuse(struct agent *agent, const char *sentence)
{
	if (agent_write(agent, AC_FRAME_TYPE_REFUSAL, sentence, strlen(sentence)) < 0)
		return AGENT_HUNG_UP;
	return AGENT_REFUSED;
}

/* A client that no signal ends: what the kernel does to it is the target's doing. */
static enum agent_end tell_stuck(struct agent *agent)
{
	char death[sizeof(agent->supervisor.refusal) + 64];
	int length = snprintf(death, sizeof(death),
			      "{\"manner\":\"hang\",\"message\":\"%s\",\"log\":[]}",
			      agent->supervisor.refusal);

	if (agent_write(agent, AC_FRAME_TYPE_DEATH, death, (size_t)length) < 0)
		return AGENT_HUNG_UP;
	return AGENT_REFUSED;
}

/* The end is AGENT_BYE also when the host just went: it did nothing wrong. */
static enum agent_end serve_begin(struct agent *agent, const struct ac_frame *frame, int *ended)
{
	char case_id[CASE_ID_BYTES + 1];

	*ended = 1;
	if (frame->length > CASE_ID_BYTES)
		return refuse(agent, "the name of the case is longer than 1024 bytes");
	if (agent_read(agent, case_id, frame->length) < 0)
		return AGENT_HUNG_UP;
	case_id[frame->length] = '\0';
	agent->case_told = 0;
	if (agent->on_begin != NULL)
		agent->on_begin(case_id);
	if (ac_supervisor_clear(&agent->supervisor) < 0)
		return tell_stuck(agent);
	if (ac_supervisor_begin(&agent->supervisor) < 0)
		return refuse(agent, agent->supervisor.refusal);
	if (agent_hold(agent, AC_FRAME_TYPE_BEGUN, NULL, 0) < 0)
		return AGENT_HUNG_UP;
	*ended = 0;
	return AGENT_BYE;
}

static int send_history(struct agent *agent)
{
	struct ac_history_image image;
	struct ac_kernel_log log = agent_log_take();
	int sent = -1;

	if (ac_history_build(&image, &agent->supervisor, &log) == 0)
		sent = agent_hold(agent, AC_FRAME_TYPE_HISTORY, image.parts, AC_HISTORY_PARTS);
	free(image.copies);
	agent->supervisor.deaths = 0;
	return sent;
}

/* Whether the host is gone; one that is there is told now and then that this agent is, too. */
static int host_gone(void *data)
{
	struct agent *agent = data;
	uint64_t now = ac_now_ns();

	if (agent_host_gone(agent))
		return 1;
	/* Above all that this Program runs. */
	if (agent->held_bytes > 0 && agent_flush(agent) < 0)
		return 1;
	if (now - agent->told_ns < TELL_NS)
		return 0;
	agent->told_ns = now;
	/* Of a machine that does other things too, it says nothing of this Program. */
	agent->supervisor.damaged = agent_in_guest && agent_kernel_damaged();
	return agent_write(agent, AC_FRAME_TYPE_EXECUTING, NULL, 0) < 0;
}

/*
 * That a Program is about to run. The host must know of the first of a case before it runs, so that
 * it knows which case the machine died of. Of later ones it hears with their Histories, or as soon
 * as it is clear that they take longer; see host_gone.
 */
static int tell_executing(struct agent *agent)
{
	if (agent->case_told)
		return agent_hold(agent, AC_FRAME_TYPE_EXECUTING, NULL, 0);
	agent->case_told = 1;
	agent->told_ns = ac_now_ns();
	return agent_write(agent, AC_FRAME_TYPE_EXECUTING, NULL, 0);
}

static enum agent_end serve_run(struct agent *agent, const struct ac_frame *frame, int *ended)
{
	const char *wrong;
	enum ac_run_end end;

	*ended = 1;
	if (agent_read(agent, ac_shared->program, frame->length) < 0)
		return AGENT_HUNG_UP;
	ac_shared->program_bytes = frame->length;
	wrong = ac_program_check();
	if (wrong != NULL)
		return refuse(agent, wrong);
	if (tell_executing(agent) < 0)
		return AGENT_HUNG_UP;
	end = ac_supervisor_run(&agent->supervisor, host_gone, agent);
	if (end == AC_RUN_STUCK)
		return tell_stuck(agent);
	if (end == AC_RUN_ABANDONED || send_history(agent) < 0)
		return AGENT_HUNG_UP;
	*ended = 0;
	return AGENT_BYE;
}

static const char *check_hello(const struct ac_frame *frame, const struct ac_hello *hello)
{
	if (frame->type != AC_FRAME_TYPE_HELLO || frame->length != sizeof(*hello) ||
	    hello->magic != AC_HELLO_MAGIC)
		return "the host did not start with a hello";
	if (hello->version != AC_WIRE_VERSION)
		return "host and agent speak different versions; use the agent of this allocert";
	if (hello->digest != AC_CONTRACT_DIGEST)
		return "host and agent were built from different tables; use the agent of this "
		       "allocert";
	return NULL;
}

/* Why clients cannot be shown the target, or NULL. */
static const char *nodes_fault(void)
{
	static char sentence[160];

	if (ac_confine_nodes() == 0)
		return NULL;
	snprintf(sentence, sizeof(sentence),
		 "the target cannot be shown to confined clients: %s; --confine no leaves it out",
		 strerror(errno));
	return sentence;
}

/* `frame` is the first of the host, of which only the head was read. */
static enum agent_end shake_hands(struct agent *agent, const struct ac_frame *frame)
{
	struct ac_hello mine = {
		.magic = AC_HELLO_MAGIC,
		.version = AC_WIRE_VERSION,
		.digest = AC_CONTRACT_DIGEST,
	};
	struct ac_hello hello = { 0 };
	const char *wrong;
	char facts[AGENT_TEXT_BYTES];
	size_t length;

	/* What has another length is no hello, and is not waited for: it may never come. */
	if (frame->length == sizeof(hello) && agent_read(agent, &hello, sizeof(hello)) < 0)
		return AGENT_HUNG_UP;
	if (agent_write(agent, AC_FRAME_TYPE_HELLO, &mine, sizeof(mine)) < 0)
		return AGENT_HUNG_UP;
	wrong = check_hello(frame, &hello);
	if (wrong == NULL)
		wrong = agent->trouble;
	if (wrong == NULL)
		wrong = nodes_fault();
	if (wrong != NULL)
		return refuse(agent, wrong);
	length = agent_facts(facts, sizeof(facts));
	if (agent_write(agent, AC_FRAME_TYPE_FACTS, facts, length) < 0)
		return AGENT_HUNG_UP;
	return AGENT_BYE;
}

static enum agent_end serve_frames(struct agent *agent)
{
	int begun = 0;
	int ended = 0;

	for (;;) {
		struct ac_frame frame;
		enum agent_end end;

		agent_wait_anew(agent);
		if (agent_read(agent, &frame, sizeof(frame)) < 0)
			return AGENT_HUNG_UP;
		if (frame.length > AC_FRAME_BYTES_MAX)
			return refuse(agent, "the frame is longer than any frame may be");
		switch (frame.type) {
		case AC_FRAME_TYPE_BEGIN:
			end = serve_begin(agent, &frame, &ended);
			begun = 1;
			break;
		case AC_FRAME_TYPE_RUN:
			if (!begun)
				return refuse(agent, "the first Program came before any begin");
			end = serve_run(agent, &frame, &ended);
			break;
		case AC_FRAME_TYPE_HELLO:
			/* A port does not tell of a host that was replaced at once by another. */
			if (!agent->hangs_up)
				return refuse(agent, "the host said hello a second time");
			end = shake_hands(agent, &frame);
			ended = end != AGENT_BYE;
			begun = 0;
			break;
		case AC_FRAME_TYPE_BYE:
			return AGENT_BYE;
		default:
			return refuse(agent, "the frame has a type that the agent does not expect");
		}
		if (ended)
			return end;
	}
}

enum agent_end agent_serve(struct agent *agent)
{
	struct ac_frame frame;
	enum agent_end end;

	agent->held_bytes = 0;
	agent_wait_anew(agent);
	if (agent_read(agent, &frame, sizeof(frame)) < 0)
		return AGENT_HUNG_UP;
	end = shake_hands(agent, &frame);
	if (end != AGENT_BYE)
		return end;
	if (agent->patience_ms != 0)
		agent->patience_ms = agent->idle_ms;
	agent_log_take();
	end = serve_frames(agent);
	if (end == AGENT_BYE)
		(void)agent_flush(agent);
	/* A client that does not die is no reason to stay: the host has been told or is gone. */
	(void)ac_supervisor_clear(&agent->supervisor);
	return end;
}
