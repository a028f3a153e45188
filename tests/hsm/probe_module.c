/* A PKCS#11 module that tries what no module has any business to do, as soon as it is loaded, and writes what came of
 * it to the file named by PROBE: one line for each, "NAME ERRNO". It has no token. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <p11-kit/pkcs11.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static CK_FUNCTION_LIST list;

static void say(FILE *f, const char *name, long rc)
{
	fprintf(f, "%s %d\n", name, rc < 0 ? errno : 0);
}

static int memory_of_console(int mode)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/mem", (int)getppid());
	return open(path, mode | O_CLOEXEC);
}

static void probe(FILE *f)
{
	char name[] = "/bin/true", *argv[] = {name, NULL}, *environment[] = {NULL}, block[8];
	struct iovec here = {block, sizeof block};
	union bpf_attr attr = {0};
	struct rlimit core = {1, 1};
	mode_t mask = umask(077);

	for (int fd = 4; fd < 256; fd++) {
		if (fd != fileno(f) && fcntl(fd, F_GETFD) != -1)
			fprintf(f, "descriptor %d\n", fd);
	}
	say(f, "inet", socket(AF_INET, SOCK_STREAM, 0));
	say(f, "inet6", socket(AF_INET6, SOCK_DGRAM, 0));
	say(f, "packet", socket(AF_PACKET, SOCK_RAW, 0));
	say(f, "unix", socket(AF_UNIX, SOCK_STREAM, 0));
	say(f, "netlink", socket(AF_NETLINK, SOCK_RAW, 0));
	say(f, "listen", listen(3, 1));
	say(f, "trace-console", ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
	say(f, "read-console", process_vm_readv(getppid(), &here, 1, &here, 1, 0));
	say(f, "read-memory-console", memory_of_console(O_RDONLY));
	say(f, "write-memory-console", memory_of_console(O_RDWR));
	say(f, "core-pattern", open("/proc/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC));
	say(f, "mount", mount("none", "/mnt", "tmpfs", 0, NULL));
	say(f, "unshare", unshare(CLONE_NEWUSER));
	say(f, "bpf", syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr));
	say(f, "io-uring", syscall(SYS_io_uring_setup, 1, NULL));
	say(f, "module", syscall(SYS_finit_module, -1, "", 0));
	say(f, "keyctl", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
	say(f, "type", ioctl(0, TIOCSTI, block));
	execve(name, argv, environment);
	say(f, "execve", -1);
	getrlimit(RLIMIT_CORE, &core);
	fprintf(f, "core %lu\ndumpable %d\nprivileges %d\numask %o\n", (unsigned long)core.rlim_max,
	        prctl(PR_GET_DUMPABLE), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), mask);
}

static CK_RV initialize(void *args)
{
	const char *path = getenv("PROBE");
	FILE *f = path ? fopen(path, "we") : NULL;

	(void)args;
	if (f) {
		probe(f);
		fclose(f);
	}
	return CKR_DEVICE_ERROR;
}

static CK_RV finalize(void *reserved)
{
	(void)reserved;
	return CKR_OK;
}

static CK_RV get_info(CK_INFO *info)
{
	memset(info, 0, sizeof *info);
	return CKR_OK;
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR out)
{
	list.version = (CK_VERSION){2, 40};
	list.C_Initialize = initialize;
	list.C_Finalize = finalize;
	list.C_GetInfo = get_info;
	list.C_GetFunctionList = C_GetFunctionList;
	*out = &list;
	return CKR_OK;
}
