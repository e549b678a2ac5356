/* SPDX-License-Identifier: MIT */
/* Arguments that are refused: what they do reaches beyond the client. */
#ifndef ALLOCERT_RESTRICTED_H
#define ALLOCERT_RESTRICTED_H

/* As the kernel numbers them on every machine that agents are built for. */
#define AC_O_CREAT 0100u
#define AC_O_ASYNC 020000u
/* Less the bit of O_DIRECTORY, which opens what is there. */
#define AC_O_TMPFILE 020000000u
#define AC_F_SETFL 4u

/* F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY: signals to others */
#define AC_REFUSED_FCNTL 8u, 10u, 15u, 1024u, 1026u
/* FIOASYNC, TIOCSTI, TIOCSCTTY */
#define AC_REFUSED_IOCTL 0x5452u, 0x5412u, 0x540eu
/* SIOC…, FIOSETOWN and SIOCIW… are 0x89NN and 0x8bNN: about owners, and the machine's network */
#define AC_NETWORK_IOCTL_MASK 0xfffffd00u
#define AC_NETWORK_IOCTL 0x8900u

#endif
