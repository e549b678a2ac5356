import type { Snippet } from './snippet.ts';

/** Processes and threads, their order, and what is printed. */
export const FLOW_SNIPPETS: readonly Snippet[] = [
  {
    names: ['SHOW'],
    text: '#define SHOW(value) note("      %s is %ld\\n", #value, (long)(value))',
  },
  {
    names: ['reached'],
    text: `/* Says that a line has come so far. */
static void reached(int line, int steps)
{
	atomic_store(&s->steps[line], steps);
}`,
  },
  {
    names: ['await'],
    several: false,
    text: `/* Waits until a line has come so far. */
static void await(int line, int steps)
{
	while (atomic_load(&s->steps[line]) < steps)
		sched_yield();
}`,
  },
  {
    names: ['await'],
    several: true,
    text: `/* Waits until a line has come so far, or its process is dead. */
static void await(int line, int steps)
{
	while (atomic_load(&s->steps[line]) < steps && !s->ended[client_of[line]])
		sched_yield();
}`,
  },
  {
    names: ['together'],
    text: `/* Lets threads begin at one moment, and waits for their ends. */
static void together(void *(*const run[])(void *), int count)
{
	pthread_t threads[MOST_TOGETHER];

	pthread_barrier_init(&beginning, NULL, (unsigned)count);
	for (int i = 0; i < count; i++)
		pthread_create(&threads[i], NULL, run[i], NULL);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}`,
  },
  {
    names: ['start'],
    text: `/* Forks a client; the process in between ends at once, so that main() can reap it. */
static long start(int client, void (*run)(void))
{
	pid_t between = fork();

	if (between == 0) {
		if (fork() != 0)
			_exit(0);
		s->pid[client] = getpid();
		alarm(SECONDS);
		run();
		for (;;)
			pause();
	}
	waitpid(between, NULL, 0);
	while (between > 0 && s->pid[client] == 0)
		sched_yield();
	return between < 0 ? -1 : s->pid[client];
}`,
  },
  {
    names: ['await_end'],
    text: `static long await_end(int client)
{
	if (s->pid[client] == 0) {
		errno = ECHILD;
		return -1;
	}
	while (!s->ended[client])
		sched_yield();
	return s->status[client];
}`,
  },
  {
    names: ['end_client'],
    text: `/* A client whose fork failed has no process: 0 would name all of ours. */
static long end_client(int client, int number)
{
	if (s->pid[client] == 0) {
		errno = ESRCH;
		return -1;
	}
	return kill(s->pid[client], number);
}`,
  },
  {
    names: ['end'],
    text: `static long end(int status)
{
	_exit(status);
}`,
  },
];
