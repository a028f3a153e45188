/* A machine made of files, for test_host.c: a clean one, and hands to change it. */
#ifndef TEST_STEPS_MACHINE_H
#define TEST_STEPS_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static void path_of(char out[512], const char *path)
{
	assert_true(snprintf(out, 512, "%s/%s", root, path) < 512);
}

static void make_parents(const char *path)
{
	char full[512];
	path_of(full, path);
	for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static void drop(const char *path)
{
	char full[512];
	path_of(full, path);
	nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void put_bytes(const char *path, const void *data, size_t len)
{
	char full[512];
	make_parents(path);
	path_of(full, path);
	FILE *f = fopen(full, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static void put_link(const char *path, const char *target)
{
	char full[512];
	drop(path);
	make_parents(path);
	path_of(full, path);
	assert_int_equal(symlink(target, full), 0);
}

static void put_directory(const char *path)
{
	char full[512];
	drop(path);
	make_parents(path);
	path_of(full, path);
	assert_int_equal(mkdir(full, 0755), 0);
}

static void add_interface(const char *name, const char *type, const char *flags, const char *state, const char *address)
{
	const char *const file[] = {"type", "flags", "operstate", "address"};
	const char *const value[] = {type, flags, state, address};
	char path[256];
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "sys/class/net/%s/%s", name, file[i]);
		put(path, value[i]);
	}
}

static void add_usb(const char *port, const char *class, const char *product, const char *serial)
{
	const char *const file[] = {"idVendor", "idProduct", "bDeviceClass", "manufacturer", "product", "serial"};
	const char *const value[] = {"20a0\n", "4230\n", "00\n", "Example\n", product, serial};
	char path[256];
	for (size_t i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), "sys/bus/usb/devices/%s/%s", port, file[i]);
		put(path, value[i]);
	}
	snprintf(path, sizeof(path), "sys/bus/usb/devices/%s:1.0/bInterfaceClass", port);
	put(path, class);
}

static void add_block(const char *name, const char *size, const char *removable)
{
	const char *const file[] = {"size", "removable", "ro"};
	const char *const value[] = {size, removable, "0\n"};
	char path[256];
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "sys/block/%s/%s", name, file[i]);
		put(path, value[i]);
	}
}

#define SOCKETS "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
#define ROUTES  "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
#define LIMITS  "Limit                     Soft Limit           Hard Limit           Units     \n"

static const struct {
	const char *path, *text;
} clean[] = {
        {"proc/self/exe", "abc"},
        {"proc/self/status", "Name:\ttachiai\nTracerPid:\t0\n"},
        {"proc/self/limits", LIMITS "Max core file size        0                    0                    bytes     \n"},
        {"proc/sys/kernel/ostype", "Linux\n"},
        {"proc/sys/kernel/osrelease", "6.1.0-18-amd64\n"},
        {"proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1\n"},
        {"proc/sys/kernel/arch", "x86_64\n"},
        {"proc/sys/kernel/hostname", "ceremony\n"},
        {"proc/sys/kernel/tainted", "0\n"},
        {"proc/sys/kernel/core_pattern", "core\n"},
        {"proc/sys/kernel/random/boot_id", "6f1c2c9e-6f0d-4a57-8f5d-0d2b3f1f7a11\n"},
        {"proc/sys/kernel/yama/ptrace_scope", "3\n"},
        {"proc/cmdline", "quiet console=tty0\n"},
        {"proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme sse2\n"},
        {"proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"},
        {"proc/net/route", ROUTES},
        {"proc/net/ipv6_route", "00000000000000000000000000000001 80 00000000000000000000000000000000 00 "
                                "00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo\n"
                                "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
                                "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n"},
        {"proc/net/if_inet6", "00000000000000000000000000000001 01 80 10 80       lo\n"},
        {"proc/net/tcp", SOCKETS},
        {"proc/net/tcp6", SOCKETS},
        {"proc/net/udp", SOCKETS},
        {"proc/net/udp6", SOCKETS},
        {"proc/bus/input/devices", "I: Bus=0003 Vendor=046d Product=c31c Version=0110\nN: Name=\"Keyboard K120\"\n"
                                   "P: Phys=usb-0000:00:14.0-1/input0\nS: Sysfs=/devices/x\nU: Uniq=\n"
                                   "H: Handlers=sysrq kbd event0 leds \nB: EV=120013\n\n"},
        {"etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n"
                           "IMAGE_ID='ceremony \\x'\n"},
        {"sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"},
        {"sys/class/rtc/rtc0/name", "rtc_cmos 00:01\n"},
        {"sys/class/dmi/id/sys_vendor", "Dell Inc.\n"},
        {"sys/class/dmi/id/product_name", "OptiPlex 7010\n"},
        {"sys/kernel/security/lockdown", "none [integrity] confidentiality\n"},
};

static int machine(void **state)
{
	static const uint8_t secure_boot[] = {6, 0, 0, 0, 1};
	(void)state;
	strcpy(root, "/tmp/tachiai-host-XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	for (size_t i = 0; i < sizeof(clean) / sizeof(clean[0]); i++)
		put(clean[i].path, clean[i].text);
	put_link("etc/localtime", "/usr/share/zoneinfo/Asia/Tokyo");
	put_link("proc/self/ns/pid", "pid:[4026531836]");
	put_link("proc/self/ns/user", "user:[4026531837]");
	put_bytes("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", secure_boot,
	        sizeof(secure_boot));
	add_interface("lo", "772\n", "0x9\n", "unknown\n", "00:00:00:00:00:00\n");
	add_interface("eth0", "1\n", "0x1002\n", "down\n", "00:1a:2b:3c:4d:5e\n");
	add_usb("1-1", "0b\n", "Nitrokey HSM\n", "DENK0106\n");
	add_block("nvme0n1", "500118192\n", "0\n");
	add_block("sdb", "0\n", "1\n");
	add_block("loop0", "0\n", "0\n");
	return 0;
}

static int unmachine(void **state)
{
	(void)state;
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}

#endif
