import type { Snippet } from './snippet.ts';

/** Descriptors: which are open, and those that are sent. */
export const DESCRIPTOR_SNIPPETS: readonly Snippet[] = [
  {
    names: ['send_descriptor'],
    text: `/* Sends a descriptor by SCM_RIGHTS. */
static long send_descriptor(int socket, int descriptor)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { .iov_base = "", .iov_len = 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.room,
				  .msg_controllen = sizeof(control.room) };

	memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(descriptor));
	return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}`,
  },
  {
    names: ['receive_descriptor'],
    text: `/* Takes a descriptor that was sent by SCM_RIGHTS. */
static long receive_descriptor(int socket)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte;
	struct iovec part = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.room,
				  .msg_controllen = sizeof(control.room) };
	int descriptor = -1;

	if (recvmsg(socket, &message, MSG_DONTWAIT) >= 0 && CMSG_FIRSTHDR(&message) != NULL)
		memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(descriptor));
	return descriptor;
}`,
  },
  {
    names: ['close_soon'],
    text: `/* Closes what a call of another thread is about to be given, as soon as it is there. */
static int close_soon(int descriptor)
{
	int result = -1;

	for (long i = 0; result < 0 && i < 1 << 18; i++)
		result = close(descriptor);
	return result;
}`,
  },
  {
    names: ['is_open'],
    text: `static int is_open(int descriptor)
{
	return fcntl(descriptor, F_GETFD) >= 0;
}`,
  },
  {
    names: ['lowest_free'],
    text: `static int lowest_free(void)
{
	int number = 0;

	while (is_open(number))
		number++;
	return number;
}`,
  },
  {
    names: ['know_open', 'know'],
    text: `/* Descriptors that were there at first, or that a call of ours was given. */
static char known[1024];

static void know(long descriptor)
{
	if (descriptor >= 0 && descriptor < (long)sizeof(known))
		known[descriptor] = 1;
}

static void know_open(void)
{
	for (int i = 0; i < (int)sizeof(known); i++)
		known[i] = is_open(i);
}`,
  },
  {
    names: ['strays'],
    text: `/* How many descriptors are open that nothing gave. */
static int strays(void)
{
	int count = 0;

	for (int i = 0; i < (int)sizeof(known); i++) {
		if (known[i] || !is_open(i))
			continue;
		note("      descriptor %d is open, and nothing gave it\\n", i);
		count++;
	}
	return count;
}`,
  },
];
