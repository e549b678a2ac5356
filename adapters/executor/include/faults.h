/* SPDX-License-Identifier: MIT */
/* Allocations of the kernel that fail on purpose, in one system call of one thread. */
#ifndef ALLOCERT_FAULTS_H
#define ALLOCERT_FAULTS_H

/* Which allocation of this thread's next system call fails; 0: none, and nothing has to be armed. */
extern __thread unsigned ac_fault_wanted;
/* Around one system call of a thread that failnth has armed; errno stays. */
void ac_faults_arm(void);
void ac_faults_disarm(void);
/* Whether allocations of this machine fail as asked: also such as may sleep, and silently. */
int ac_faults_offered(void);
/* What fails then, with commas between: also copies from and to programs, on some kernels. */
const char *ac_faults_kinds(void);
/* In a guest: makes it so where the kernel can. */
void ac_faults_prepare(void);

#endif
