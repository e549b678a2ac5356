/* SPDX-License-Identifier: MIT */
/*
 * A process that looks up page frames and answers late: its question is forgotten, another one is
 * asked. The folder in the argument has the lists of frames; that of the client is a named pipe at
 * first, which holds up who opens it.
 */
#define _GNU_SOURCE
#include "../../../adapters/executor/supervisor/frames.c"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define RIGHT_FRAME 9ull

_Thread_local struct ac_shared *ac_shared;
int ac_confined_root;

int ac_is_client(pid_t pid)
{
	return pid > 0;
}

void ac_futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
	(void)word;
	(void)value;
	(void)timeout_ns;
}

void ac_futex_wake_all(_Atomic uint32_t *word)
{
	(void)word;
}

static char path[512];

/* The list of frames of the client, of which every entry is the same. */
static void list(uint64_t frame)
{
	int file;

	unlink(path);
	file = open(path, O_CREAT | O_WRONLY, 0600);
	if (file < 0 || write(file, &frame, sizeof(frame)) != sizeof(frame))
		exit(3);
	close(file);
}

static void ask(struct ac_frames *asked)
{
	asked->address = 0;
	asked->pages = 1;
	atomic_store(&asked->state,
		     ac_frames_next(atomic_load(&asked->state), AC_FRAMES_ASKED));
}

static int is_there(const struct ac_frames *asked)
{
	return ac_frames_phase(atomic_load(&asked->state)) == AC_FRAMES_THERE;
}

static void wait_for_reader(void)
{
	int status;

	if (wait(&status) < 0 || status != 0)
		exit(4);
}

int main(int argc, char **argv)
{
	struct ac_program *head;
	struct ac_frames *asked;
	int pipe;

	ac_shared = mmap(NULL, sizeof(*ac_shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ac_confined_root = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
	if (ac_shared == MAP_FAILED || ac_confined_root < 0)
		return 2;
	snprintf(path, sizeof(path), "%s/proc/1/pagemap", argv[1]);
	head = (struct ac_program *)(void *)ac_shared->program;
	head->threads = 1;
	ac_shared->confined = AC_CONFINED_NAMESPACES;
	atomic_store(&ac_shared->clients[0].pid, 1);
	asked = &ac_shared->frames[0];

	if (mkfifo(path, 0600) < 0)
		return 2;
	ask(asked);
	ac_frames_serve();
	/* It is held up in the pipe from here on, or will be: the Program ends without it. */
	ac_frames_forget(0);
	ask(asked);
	pipe = open(path, O_WRONLY);
	wait_for_reader();
	close(pipe);
	printf("late: %s\n", is_there(asked) ? "taken for an answer" : "ignored");
	list(RIGHT_FRAME);
	ac_frames_serve();
	wait_for_reader();
	printf("right: %s, error %d, %u page, frame %llu\n", is_there(asked) ? "there" : "missing",
	       asked->error, asked->pages, (unsigned long long)asked->entries[0]);
	return 0;
}
