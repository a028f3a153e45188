/* What a process of ours gives up for itself: calls of the kernel that it has no use for, and files that are none of
 * its business. What is given up is given up for ever, and by everything that it starts. */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdbool.h>
#include <sys/resource.h>

#include "base/error.h"

/* What a process keeps. Without any of these it still reads, writes and opens files, takes memory, waits, and makes
 * pairs of sockets with itself. */
enum {
	SANDBOX_SOCKETS = 1, /* sockets of this machine, as modules of card readers and USB devices want them: AF_UNIX,
	                        AF_NETLINK. Those of a network are kept by nobody */
	SANDBOX_MOUNTS = 2,  /* mount and umount2: media */
	SANDBOX_STARTS = 4,  /* starts programs, and may put them into a network of their own (unshare) */
};

/* First thing in a program: no core dump, no debugger, no new privileges, no file for others; descriptors 0 to 2 are
 * there, and none of those from `first` on. -1 with `e`: this kernel refuses one of them. */
int sandbox_harden(int first, struct error *e);
/* Memory stays out of swap as far as the limit goes, from now on. Where it does not go far enough, secrets are locked
 * one by one (base/secret.h), and say so when they cannot be. */
void sandbox_lock_memory(void);
/* So much of it and no more (RLIMIT_…), for ever. */
bool sandbox_limit(__rlimit_resource_t which, rlim_t value);
/* Gives up calls by seccomp: a forbidden one answers EPERM, one of another calling convention ends the process. -1 with
 * `e`: this kernel cannot. */
int sandbox_calls(unsigned keeps, struct error *e);
/* For a process that has read what it is to judge: memory, reading, writing, the time, the end; nothing else. */
int sandbox_calculate(struct error *e);
/* Gives up files by Landlock: reads only what lies at or below the paths of `reads` and of the system (programs,
 * libraries, catalogues, fonts, the terminal, /proc/self), creates and writes only at or below those of `writes`,
 * starts only programs of the system and those beside this one. Both lists end with NULL; what does not exist is passed
 * over. False: this kernel has no Landlock, and nothing was given up. */
bool sandbox_files(const char *const *reads, const char *const *writes);
/* For a process that writes where it likes: nothing below /proc and /sys, nor in the directory / itself, and no look
 * into a process that does not do so too, root's included. False: as above. */
bool sandbox_kernel(void);
/* The same of a command: it reads what its arguments name, and with `writes` makes files there, beside that, and in the
 * directory where it was started. */
bool sandbox_arguments(int argc, char *const argv[], bool writes);
/* Is memory watched by a sanitizer? They look into their own process, and write files, in ways that are given up here,
 * and are left to them. */
bool sandbox_watched(void);

#endif
