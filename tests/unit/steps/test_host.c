/* inspect-host over machines made of files: a clean one, and each thing an air-gapped machine must not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "steps/host.h"
#include "tests/unit/steps/machine.h"

enum { FACTS_MAX = 40 * 1024, FAULTS_MAX = 16 * 1024 };

/* One look, its facts parsed by the record's own strict reader. */
struct seen {
	struct bytes text;
	struct host_faults faults;
	struct json_doc *doc;
	const struct json *facts;
};

static void look_at(struct seen *s, const char *where)
{
	struct error e = {0};
	*s = (struct seen){.doc = json_doc_new()};
	struct json_writer w = {.out = &s->text};
	assert_int_equal(host_inspect(where, &w, &s->faults, &e), 0);
	assert_int_equal(bytes_end(&s->text, NULL), 0);
	assert_true(s->text.len <= FACTS_MAX);
	s->facts = json_parse(s->doc, bytes_string(&s->text), s->text.len, &e);
	if (s->facts == NULL)
		print_error("%s at %u\n", e.message.id, e.column);
	assert_non_null(s->facts);
	size_t room = 0;
	for (size_t i = 0; i < s->faults.count; i++) {
		const char *sentence = s->faults.sentence[i];
		room += 3 + strlen(sentence);
		for (const char *c = sentence; *c != '\0'; c++)
			room += *c == '"' || *c == '\\';
		assert_true(text_is_utf8(sentence, strlen(sentence)));
	}
	assert_true(room <= FAULTS_MAX);
}

static void unlook(struct seen *s)
{
	host_faults_free(&s->faults);
	assert_null(s->faults.sentence);
	json_doc_free(&s->doc);
	bytes_free(&s->text);
}

static bool told(const struct seen *s, const char *sentence)
{
	for (size_t i = 0; i < s->faults.count; i++)
		if (strcmp(s->faults.sentence[i], sentence) == 0)
			return true;
	for (size_t i = 0; i < s->faults.count; i++)
		print_error("told: %s\n", s->faults.sentence[i]);
	return false;
}

static void expect_fault(const char *sentence)
{
	struct seen s;
	look_at(&s, root);
	assert_true(told(&s, sentence));
	assert_int_equal(s.faults.count, 1);
	unlook(&s);
}

static void a_clean_machine_has_no_faults_and_all_its_facts(void **state)
{
	/* SHA-256 of "abc": FIPS 180-4 example. */
	static const char expected[] =
	        "{\"program\":{\"path\":null,\"sha256\":"
	        "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"},"
	        "\"kernel\":{\"type\":\"Linux\",\"release\":\"6.1.0-18-amd64\",\"version\":\"#1 SMP PREEMPT_DYNAMIC "
	        "Debian 6.1.76-1\","
	        "\"machine\":\"x86_64\",\"host_name\":\"ceremony\",\"command_line\":\"quiet "
	        "console=tty0\",\"tainted\":\"0\","
	        "\"boot_id\":\"6f1c2c9e-6f0d-4a57-8f5d-0d2b3f1f7a11\"},"
	        "\"os\":{\"id\":\"debian\",\"version\":\"12\",\"name\":\"Debian GNU/Linux 12 "
	        "(bookworm)\",\"image_id\":\"ceremony \\\\x\","
	        "\"image_version\":null,\"build_id\":null},"
	        "\"clock\":{\"source\":\"tsc\",\"hardware\":\"rtc_cmos 00:01\",\"timezone\":\"Asia/Tokyo\"},"
	        "\"protection\":{\"secure_boot\":\"on\",\"lockdown\":\"integrity\",\"ptrace_scope\":\"3\",\"tracer\":"
	        "\"0\","
	        "\"core_pattern\":\"core\",\"core_limit\":\"0\",\"core_limit_hard\":\"0\"},"
	        "\"machine\":{\"vendor\":\"Dell Inc.\",\"product\":\"OptiPlex "
	        "7010\",\"product_version\":null,\"board\":null,"
	        "\"firmware_vendor\":null,\"firmware_version\":null,\"firmware_date\":null,\"model\":null,\"virtual\":["
	        "]},"
	        "\"interfaces\":{\"list\":[{\"name\":\"eth0\",\"type\":\"1\",\"flags\":\"0x1002\",\"operstate\":"
	        "\"down\",\"up\":false,"
	        "\"carrier\":null,\"address\":true,\"wireless\":false},{\"name\":\"lo\",\"type\":\"772\",\"flags\":"
	        "\"0x9\","
	        "\"operstate\":\"unknown\",\"up\":true,\"carrier\":null,\"address\":false,\"wireless\":false}],"
	        "\"found\":2},"
	        "\"radios\":{\"list\":[],\"found\":0},"
	        "\"routes\":{\"list\":[{\"interface\":\"lo\",\"to\":\"::1\",\"prefix\":128,\"gateway\":null}],"
	        "\"found\":1},"
	        "\"sockets\":{\"list\":[],\"found\":0},"
	        "\"usb\":{\"list\":[{\"port\":\"1-1\",\"vendor\":\"20a0\",\"product\":\"4230\",\"class\":\"00\","
	        "\"interface_classes\":\"0b\","
	        "\"manufacturer\":\"Example\",\"name\":\"Nitrokey HSM\",\"serial\":\"DENK0106\"}],\"found\":1},"
	        "\"input\":{\"list\":[{\"id\":\"Bus=0003 Vendor=046d Product=c31c Version=0110\",\"name\":\"Keyboard "
	        "K120\","
	        "\"at\":\"usb-0000:00:14.0-1/input0\",\"handlers\":\"sysrq kbd event0 leds\"}],\"found\":1},"
	        "\"block\":{\"list\":[{\"name\":\"nvme0n1\",\"bytes\":256060514304,\"removable\":false,\"read_only\":"
	        "false,\"vendor\":null,"
	        "\"model\":null},{\"name\":\"sdb\",\"bytes\":0,\"removable\":true,\"read_only\":false,\"vendor\":null,"
	        "\"model\":null}],"
	        "\"found\":2},\"swap\":{\"list\":[],\"found\":0}}";
	struct seen s;
	(void)state;

	look_at(&s, root);
	/* In this root the program is a file and no link: its name cannot be told, and that alone is a fault. */
	assert_true(told(&s, "The console cannot read /proc/self/exe: Invalid argument."));
	assert_int_equal(s.faults.count, 1);
	assert_string_equal(bytes_string(&s.text), expected);
	unlook(&s);

	put("usr/bin/tachiai", "abc");
	put_link("proc/self/exe", "../../usr/bin/tachiai");
	look_at(&s, root);
	assert_int_equal(s.faults.count, 0);
	assert_string_equal(json_text(json_get(s.facts, "program"), "path"), "../../usr/bin/tachiai");
	unlook(&s);
}

static const struct {
	const char *path, *text; /* text NULL: taken away */
	const char *fault;
} bad[] = {
        {"sys/class/net/eth0/flags", "0x1003\n", "Network interface eth0 is up: unplug it and take it down."},
        {"sys/class/net/eth0/operstate", "up\n", "Network interface eth0 is up: unplug it and take it down."},
        {"sys/class/net/eth0/operstate", "dormant\n", "Network interface eth0 is up: unplug it and take it down."},
        {"sys/class/net/lo/type", "1\n", "Network interface lo is up: unplug it and take it down."},
        {"sys/class/net/eth0/flags", NULL,
                "The console cannot read /sys/class/net/eth0/flags: No such file or directory."},
        {"sys/class/ieee80211/phy0/index", "0\n",
                "A radio is in the machine: phy0 (ieee80211). Take it out, or switch it off in the firmware."},
        {"sys/class/bluetooth/hci0/type", "x\n",
                "A radio is in the machine: hci0 (bluetooth). Take it out, or switch it off in the firmware."},
        {"sys/class/rfkill/rfkill0/type", "bluetooth\n",
                "A radio is in the machine: rfkill0 (bluetooth). Take it out, or switch it off in the firmware."},
        {"sys/bus/usb/devices/1-1:1.0/bInterfaceClass", "e0\n",
                "The USB device at port 1-1 is a radio (class e0): unplug it."},
        {"proc/net/route", ROUTES "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n",
                "There is a default route through eth0: remove it."},
        {"proc/net/route", ROUTES "eth0\t0000\n", "/proc/net/route holds a line that the console does not understand."},
        {"proc/net/ipv6_route",
                "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
                "fd000000000000000000000000000001 "
                "00000400 00000002 00000000 00000003     eth0\n",
                "There is a default route through eth0: remove it."},
        {"proc/net/ipv6_route", "nonsense\n",
                "/proc/net/ipv6_route holds a line that the console does not understand."},
        {"proc/net/ipv6_route", NULL, "The console cannot read /proc/net/ipv6_route: No such file or directory."},
        {"proc/net/tcp",
                SOCKETS "   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1 0\n",
                "Programs hold 1 network sockets that are open to more than this machine, the first tcp 0.0.0.0:2024: "
                "end them."},
        {"proc/net/tcp6",
                SOCKETS "   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A "
                        "00000000:00000000\n",
                "Programs hold 1 network sockets that are open to more than this machine, the first tcp6 [::]:22: end "
                "them."},
        {"proc/net/udp",
                SOCKETS "  12: 0100A8C0:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 1 2 0 0\n",
                "Programs hold 1 network sockets that are open to more than this machine, the first udp "
                "192.168.0.1:68: end them."},
        {"proc/net/udp", SOCKETS "what\n", "/proc/net/udp holds a line that the console does not understand."},
        {"proc/swaps", "Filename\tType\n/dev/sda2                               partition\t999\t0\t-2\n",
                "There is swap on /dev/sda2: turn it off with swapoff."},
        {"proc/sys/kernel/core_pattern", "|/usr/lib/systemd/systemd-coredump %P\n",
                "Core dumps are piped into a program (|/usr/lib/systemd/systemd-coredump %P): set "
                "/proc/sys/kernel/core_pattern to a "
                "plain name."},
        {"proc/self/limits", LIMITS "Max core file size        0                    unlimited            bytes     \n",
                "This program may leave a core dump (limits 0 and unlimited): set both limits to 0."},
        {"proc/self/limits", LIMITS, "The console cannot find the limit on core dumps in /proc/self/limits."},
        {"proc/self/status", "TracerPid:\t4711\n", "Process 4711 traces this program: end it."},
        {"proc/self/status", "Name:\tx\n", "The console cannot find TracerPid in /proc/self/status."},
        {"proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu sse2 hypervisor\n",
                "This seems to be a virtual machine or a container (processor flag hypervisor): what lies under it was "
                "not looked at."},
        {"sys/class/dmi/id/product_name", "Virtual Machine\n",
                "This seems to be a virtual machine or a container (maker or product name): what lies under it was not "
                "looked at."},
        {".dockerenv", "",
                "This seems to be a virtual machine or a container (container file): what lies under it was not looked "
                "at."},
        {"sys/hypervisor/type", "xen\n",
                "This seems to be a virtual machine or a container (hypervisor named by the kernel): what lies under "
                "it was not looked at."},
        {"sys/block/nvme0n1/size", "99999999999999999\n",
                "Block device nvme0n1 gives a size that cannot be: 99999999999999999."},
        {"sys/bus/usb/devices/1-1/serial",
                "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                "0123456789012345678901234567890123456789012345678901234567890123456789\n",
                "What the machine says under \"serial\" is too long for the record and was cut: "
                "012345678901234567890123456789012345678901234567890123456789."},
        {"etc/os-release", NULL, "The console cannot read /etc/os-release: No such file or directory."},
        {"proc/swaps", NULL, "The console cannot read /proc/swaps: No such file or directory."},
        {"proc/net/route", NULL, "The console cannot read /proc/net/route: No such file or directory."},
        {"proc/net/tcp", NULL, "The console cannot read /proc/net/tcp: No such file or directory."},
        {"proc/sys/kernel/core_pattern", NULL,
                "The console cannot read /proc/sys/kernel/core_pattern: No such file or directory."},
        {"proc/self/ns/pid", NULL, "The console cannot read /proc/self/ns/pid: No such file or directory."},
        {"sys/block", NULL, "The console cannot read /sys/block: No such file or directory."},
        {"sys/class/net", NULL, "The console cannot read /sys/class/net: No such file or directory."},
        {"sys/bus", NULL, "The console cannot read /sys/bus: no such directory."},
};

static void each_fault_is_told(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(machine(state), 0);
		put("usr/bin/tachiai", "abc");
		put_link("proc/self/exe", "../../usr/bin/tachiai");
		if (bad[i].text != NULL)
			put(bad[i].path, bad[i].text);
		else
			drop(bad[i].path);
		print_message("%s\n", bad[i].fault);
		expect_fault(bad[i].fault);
		unmachine(state);
	}
}

static void one_program(void)
{
	put("usr/bin/tachiai", "abc");
	put_link("proc/self/exe", "../../usr/bin/tachiai");
}

static void what_is_fine_is_no_fault(void **state)
{
	struct seen s;
	(void)state;

	one_program();
	/* A kernel without IPv6, USB, input devices; sockets of this machine alone; no EFI; no time zone. */
	drop("proc/net/ipv6_route");
	drop("proc/net/if_inet6");
	drop("proc/net/tcp6");
	drop("proc/net/udp6");
	drop("sys/bus/usb");
	drop("proc/bus");
	drop("sys/firmware");
	drop("etc/localtime");
	put("sys/class/net/bonding_masters", "\n");
	put("proc/net/tcp", SOCKETS "   0: 0100007F:0016 00000000:0000 0A 00000000:00000000\n");
	look_at(&s, root);
	for (size_t i = 0; i < s.faults.count; i++)
		print_error("%s\n", s.faults.sentence[i]);
	assert_int_equal(s.faults.count, 0);
	assert_string_equal(json_text(json_get(s.facts, "protection"), "secure_boot"), "not started by EFI");
	assert_null(json_text(json_get(s.facts, "clock"), "timezone"));
	const struct json *socket = json_get(json_get(s.facts, "sockets"), "list")->child;
	assert_string_equal(json_text(socket, "local"), "127.0.0.1:22");
	assert_int_equal(json_number(socket, "state", 0), 10);
	unlook(&s);
}

static void secure_boot_that_is_off_is_said(void **state)
{
	static const uint8_t off[] = {6, 0, 0, 0, 0};
	struct seen s;
	(void)state;
	put_bytes("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", off, sizeof(off));
	look_at(&s, root);
	assert_string_equal(json_text(json_get(s.facts, "protection"), "secure_boot"), "off");
	unlook(&s);
}

static void foreign_text_is_made_visible(void **state)
{
	struct seen s;
	(void)state;

	add_interface("eth\x1b", "1\n", "0x1003\n", "up\n", "00:1a:2b:3c:4d:5e\n");
	add_usb("1-2", "03\n",
	        "Key\xe2\x80\xae"
	        "board\n",
	        "\xff\x1b[2J\n");
	look_at(&s, root);
	const struct json *device = json_get(json_get(s.facts, "usb"), "list")->child->next;
	assert_string_equal(json_text(device, "port"), "1-2");
	assert_string_equal(json_text(device, "name"), "Key<U+202E>board");
	assert_non_null(strstr(json_text(device, "serial"), "<FF>"));
	assert_null(strchr(bytes_string(&s.text), 0x1b));
	assert_true(told(&s, "Network interface eth<U+001B> is up: unplug it and take it down."));
	unlook(&s);
}

static void lists_that_do_not_fit_are_cut_counted_and_told(void **state)
{
	char name[64], long_name[200];
	struct seen s;
	(void)state;

	one_program();
	memset(long_name, '"', sizeof(long_name) - 1); /* each takes two bytes of the record */
	long_name[sizeof(long_name) - 1] = '\0';
	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "veth%u", i);
		add_interface(name, "1\n", "0x1003\n", "up\n", "00:1a:2b:3c:4d:5e\n");
		snprintf(name, sizeof(name), "2-%u", i);
		add_usb(name, "e0\n", long_name, long_name);
		snprintf(name, sizeof(name), "sd%u", i);
		add_block(name, "2048\n", "1\n");
		snprintf(name, sizeof(name), "sys/class/rfkill/rfkill%u/type", i);
		put(name, long_name);
	}
	struct bytes sockets = {0}, swaps = {0}, routes = {0}, input = {0}, command = {0};
	bytes_text(&sockets, SOCKETS);
	bytes_text(&swaps, "Filename\n");
	bytes_text(&routes, ROUTES);
	for (unsigned i = 0; i < 300; i++) {
		bytes_printf(&sockets, " %u: 00000000:07E8 00000000:0000 0A 0\n", i);
		bytes_printf(&swaps, "/dev/sda%u partition 1 0 -2\n", i);
		bytes_printf(&routes, "veth%u\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n", i);
		bytes_printf(&input, "I: Bus=0003\nN: Name=\"%s\"\nH: Handlers=%s\n\n", long_name, long_name);
		bytes_text(&command, long_name);
	}
	put("proc/net/tcp", bytes_string(&sockets));
	put("proc/swaps", bytes_string(&swaps));
	put("proc/net/route", bytes_string(&routes));
	put("proc/bus/input/devices", bytes_string(&input));
	put("proc/cmdline", bytes_string(&command));
	static const char *const texts[] = {"proc/sys/kernel/ostype", "proc/sys/kernel/osrelease",
	        "proc/sys/kernel/version", "proc/sys/kernel/arch", "proc/sys/kernel/hostname",
	        "proc/sys/kernel/tainted", "proc/sys/kernel/random/boot_id", "sys/class/dmi/id/sys_vendor",
	        "sys/class/dmi/id/product_name", "sys/class/dmi/id/product_version", "sys/class/dmi/id/board_name",
	        "sys/class/dmi/id/bios_vendor", "sys/class/dmi/id/bios_version", "sys/class/dmi/id/bios_date",
	        "proc/device-tree/model", "sys/class/rtc/rtc0/name",
	        "sys/devices/system/clocksource/clocksource0/current_clocksource"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		put(texts[i], long_name);

	look_at(&s, root); /* checks both bounds */
	static const struct {
		const char *key, *noun;
		unsigned found;
	} list[] = {{"interfaces", "network interfaces", 302}, {"radios", "radios", 300}, {"routes", "routes", 301},
	        {"sockets", "network sockets", 300}, {"usb", "USB devices", 301}, {"input", "input devices", 300},
	        {"block", "block devices", 302}, {"swap", "swap areas", 300}};
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		const struct json *l = json_get(s.facts, list[i].key);
		assert_int_equal(json_number(l, "found", 0), list[i].found);
		assert_in_range(json_get(l, "list")->count, 1, 299);
	}
	/* Escapes are counted: 3072 bytes of the record hold half as many quotes, and an ellipsis. */
	assert_in_range(strlen(json_text(json_get(s.facts, "kernel"), "command_line")), 1500, 1540);
	/* There are too many faults as well; the last one says so. */
	unsigned left_out = 0;
	assert_int_equal(
	        sscanf(s.faults.sentence[s.faults.count - 1], "%u more faults were found than one entry", &left_out),
	        1);
	assert_true(left_out > 1000);
	unlook(&s);
	bytes_free(&sockets);
	bytes_free(&swaps);
	bytes_free(&routes);
	bytes_free(&input);
	bytes_free(&command);
}

static void a_cut_list_is_a_fault(void **state)
{
	struct seen s;
	char name[64];
	(void)state;

	one_program();
	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "sd%02u", i);
		add_block(name, "2048\n", "1\n");
	}
	look_at(&s, root);
	assert_int_equal(s.faults.count, 1);
	const struct json *block = json_get(s.facts, "block");
	char sentence[128];
	snprintf(sentence, sizeof(sentence), "The record lists only %u of 102 block devices.",
	        json_get(block, "list")->count);
	assert_int_equal(json_number(block, "found", 0), 102);
	assert_true(told(&s, sentence));
	unlook(&s);
}

static void a_machine_that_cannot_be_looked_at_is_one_fault(void **state)
{
	struct seen s;
	(void)state;
	look_at(&s, "/nonexistent/root");
	assert_true(told(&s, "The console cannot look at the machine: /nonexistent/root: No such file or directory."));
	assert_int_equal(s.faults.count, 1);
	unlook(&s);
}

static void a_directory_in_a_files_place_is_a_fault(void **state)
{
	(void)state;
	one_program();
	put_directory("proc/swaps");
	expect_fault("The console cannot read /proc/swaps: Is a directory.");
}

static void a_fifo_in_a_files_place_does_not_hang(void **state)
{
	char full[512];
	(void)state;
	one_program();
	drop("proc/swaps");
	path_of(full, "proc/swaps");
	assert_int_equal(mkfifo(full, 0600), 0);
	expect_fault("/proc/swaps is empty, without even its heading.");
}

static void this_machine_can_be_looked_at(void **state)
{
	struct seen s;
	(void)state;
	look_at(&s, "/");
	const char *digest = json_text(json_get(s.facts, "program"), "sha256");
	assert_non_null(digest);
	assert_int_equal(strlen(digest), 64);
	assert_string_equal(json_text(json_get(s.facts, "kernel"), "type"), "Linux");
	if (getenv("SHOW") != NULL) {
		print_message("%s\n", bytes_string(&s.text));
		for (size_t i = 0; i < s.faults.count; i++)
			print_message("%s\n", s.faults.sentence[i]);
	}
	unlook(&s);
}

#define ON_A_MACHINE(f) cmocka_unit_test_setup_teardown(f, machine, unmachine)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_A_MACHINE(a_clean_machine_has_no_faults_and_all_its_facts),
	        cmocka_unit_test(each_fault_is_told),
	        ON_A_MACHINE(what_is_fine_is_no_fault),
	        ON_A_MACHINE(secure_boot_that_is_off_is_said),
	        ON_A_MACHINE(foreign_text_is_made_visible),
	        ON_A_MACHINE(lists_that_do_not_fit_are_cut_counted_and_told),
	        ON_A_MACHINE(a_cut_list_is_a_fault),
	        ON_A_MACHINE(a_machine_that_cannot_be_looked_at_is_one_fault),
	        ON_A_MACHINE(a_directory_in_a_files_place_is_a_fault),
	        ON_A_MACHINE(a_fifo_in_a_files_place_does_not_hang),
	        cmocka_unit_test(this_machine_can_be_looked_at),
	};
	if (secret_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
