/* The program, the system it runs on, and what protects or watches it. */
#include "steps/host_look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

/* /proc/self/exe is opened through its link: it is the file that was started, even when another now has its name. */
static bool program_sha256(struct look *l, uint8_t digest[32])
{
	uint8_t block[16384];
	ssize_t n = -1;
	bool done = false;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int fd = openat(l->root, "proc/self/exe", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (context == NULL) {
		l->failed = true;
		goto out;
	}
	if (fd < 0 || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
		goto out;
	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || EVP_DigestUpdate(context, block, (size_t)n) != 1)
			goto out;
	}
	done = EVP_DigestFinal_ex(context, digest, NULL) == 1;
out:
	if (!done && l->root >= 0)
		look_fault(l, "The console cannot read /proc/self/exe, its own program, to hash it.");
	EVP_MD_CTX_free(context);
	if (fd >= 0)
		close(fd);
	return done;
}

void look_program(struct look *l)
{
	struct bytes path = {0};
	uint8_t digest[32];

	json_key(l->w, "program");
	json_begin_object(l->w);
	bool named = look_link(l, "proc/self/exe", ABSENT_FAULT, &path);
	look_put(l, "path", named ? bytes_string(&path) : NULL, LOOK_PATH);
	if (program_sha256(l, digest)) {
		json_member_hex(l->w, "sha256", digest, sizeof(digest));
	} else {
		look_put(l, "sha256", NULL, 0);
	}
	json_end_object(l->w);
	bytes_free(&path);
}

/* os-release(5): NAME=value, the value as a shell would read it, in quotes or bare. NULL when it is not there. */
static const char *release_value(const struct bytes *file, const char *name, struct bytes *value)
{
	struct bytes line = {0};
	size_t at = 0, len = strlen(name);
	bool found = false;

	while (!found && look_line(file, &at, &line)) {
		const char *text = bytes_string(&line);
		if (strncmp(text, name, len) != 0 || text[len] != '=')
			continue;
		found = true;
		bytes_clear(value);
		text += len + 1;
		char quote = *text == '"' || *text == '\'' ? *text++ : '\0';
		for (; *text != '\0' && *text != quote; text++) {
			if (quote != '\'' && *text == '\\' && text[1] != '\0')
				text++;
			bytes_byte(value, (uint8_t)*text);
		}
	}
	bytes_free(&line);
	return found ? bytes_string(value) : NULL;
}

void look_system(struct look *l)
{
	static const struct {
		const char *key, *name;
	} release[] = {{"id", "ID"}, {"version", "VERSION_ID"}, {"name", "PRETTY_NAME"}, {"image_id", "IMAGE_ID"},
	        {"image_version", "IMAGE_VERSION"}, {"build_id", "BUILD_ID"}};
	struct bytes file = {0}, value = {0};

	json_key(l->w, "kernel");
	json_begin_object(l->w);
	look_put_value(l, "type", "proc/sys/kernel/ostype", ABSENT_FAULT, LOOK_TEXT);
	look_put_value(l, "release", "proc/sys/kernel/osrelease", ABSENT_FAULT, LOOK_TEXT);
	look_put_value(l, "version", "proc/sys/kernel/version", ABSENT_FAULT, LOOK_TEXT);
	look_put_value(l, "machine", "proc/sys/kernel/arch", ABSENT_FINE, LOOK_TEXT); /* since Linux 6.1 */
	look_put_value(l, "host_name", "proc/sys/kernel/hostname", ABSENT_FAULT, LOOK_TEXT);
	look_put_value(l, "command_line", "proc/cmdline", ABSENT_FAULT, LOOK_LONG_TEXT);
	look_put_value(l, "tainted", "proc/sys/kernel/tainted", ABSENT_FAULT, LOOK_TEXT);
	look_put_value(l, "boot_id", "proc/sys/kernel/random/boot_id", ABSENT_FAULT, LOOK_TEXT);
	json_end_object(l->w);

	json_key(l->w, "os");
	json_begin_object(l->w);
	look_read(l, "etc/os-release", LOOK_FILE, ABSENT_FAULT, &file);
	for (size_t i = 0; i < sizeof(release) / sizeof(release[0]); i++)
		look_put(l, release[i].key, release_value(&file, release[i].name, &value), LOOK_TEXT);
	json_end_object(l->w);
	if (file.failed || value.failed)
		l->failed = true;
	bytes_free(&file);
	bytes_free(&value);
}

void look_clock(struct look *l)
{
	static const char zones[] = "/zoneinfo/";
	struct bytes link = {0};

	json_key(l->w, "clock");
	json_begin_object(l->w);
	look_put_value(l, "source", "sys/devices/system/clocksource/clocksource0/current_clocksource", ABSENT_FAULT,
	        LOOK_TEXT);
	look_put_value(l, "hardware", "sys/class/rtc/rtc0/name", ABSENT_FINE, LOOK_TEXT);
	/* Without the link the C library counts in UTC (tzset(3)). */
	const char *zone = look_link(l, "etc/localtime", ABSENT_FINE, &link) ? bytes_string(&link) : NULL;
	const char *name = zone != NULL ? strstr(zone, zones) : NULL;
	look_put(l, "timezone", name != NULL ? name + strlen(zones) : zone, LOOK_TEXT);
	json_end_object(l->w);
	bytes_free(&link);
}

/* The word in brackets, as the kernel marks the one in force: "none [integrity] confidentiality". */
static const char *marked_word(struct bytes *value)
{
	char *open = strchr((char *)value->data, '['), *close = open != NULL ? strchr(open, ']') : NULL;
	if (close == NULL)
		return bytes_string(value);
	*close = '\0';
	return open + 1;
}

static void put_secure_boot(struct look *l)
{
	/* UEFI section 3.3: four bytes of attributes, then 1 when Secure Boot is on. */
	static const char variable[] = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	struct bytes value = {0};
	const char *state = "not visible";

	if (!look_exists(l, "sys/firmware/efi"))
		state = "not started by EFI";
	else if (look_read(l, variable, LOOK_FILE, ABSENT_FINE, &value) && value.len == 5)
		state = value.data[4] == 1 ? "on" : "off";
	json_member_text(l->w, "secure_boot", state);
	bytes_free(&value);
}

/* A field of a /proc/self file that has lines of name, blanks, value. Empty when there is none. */
static void field_after(const struct bytes *file, const char *name, struct bytes *value)
{
	struct bytes line = {0};
	size_t at = 0;

	bytes_clear(value);
	while (look_line(file, &at, &line))
		if (strncmp(bytes_string(&line), name, strlen(name)) == 0) {
			const char *text = bytes_string(&line) + strlen(name);
			bytes_text(value, text + strspn(text, " \t"));
			break;
		}
	bytes_free(&line);
}

static void put_core_dumps(struct look *l)
{
	struct bytes file = {0}, limits = {0}, pattern = {0};
	char soft[32] = "", hard[32] = "";

	if (look_value(l, "proc/sys/kernel/core_pattern", ABSENT_FAULT, &pattern) && bytes_string(&pattern)[0] == '|')
		look_fault(l,
		        "Core dumps are piped into a program (%s): set /proc/sys/kernel/core_pattern to a plain name.",
		        bytes_string(&pattern));
	look_put(l, "core_pattern", pattern.len > 0 ? bytes_string(&pattern) : NULL, LOOK_TEXT);
	if (look_read(l, "proc/self/limits", LOOK_FILE, ABSENT_FAULT, &file)) {
		field_after(&file, "Max core file size", &limits);
		if (sscanf(bytes_string(&limits), "%31s %31s", soft, hard) != 2)
			look_fault(l, "The console cannot find the limit on core dumps in /proc/self/limits.");
		else if (strcmp(soft, "0") != 0 || strcmp(hard, "0") != 0)
			look_fault(l, "This program may leave a core dump (limits %s and %s): set both limits to 0.",
			        soft, hard);
	}
	look_put(l, "core_limit", soft[0] != '\0' ? soft : NULL, LOOK_TEXT);
	look_put(l, "core_limit_hard", hard[0] != '\0' ? hard : NULL, LOOK_TEXT);
	bytes_free(&file);
	bytes_free(&limits);
	bytes_free(&pattern);
}

static void put_tracer(struct look *l)
{
	struct bytes file = {0}, tracer = {0};

	if (look_read(l, "proc/self/status", LOOK_FILE, ABSENT_FAULT, &file)) {
		field_after(&file, "TracerPid:", &tracer);
		if (tracer.len == 0)
			look_fault(l, "The console cannot find TracerPid in /proc/self/status.");
		else if (strcmp(bytes_string(&tracer), "0") != 0)
			look_fault(l, "Process %s traces this program: end it.", bytes_string(&tracer));
	}
	look_put(l, "tracer", tracer.len > 0 ? bytes_string(&tracer) : NULL, LOOK_TEXT);
	bytes_free(&file);
	bytes_free(&tracer);
}

void look_protection(struct look *l)
{
	struct bytes lockdown = {0};

	json_key(l->w, "protection");
	json_begin_object(l->w);
	put_secure_boot(l);
	bool known = look_value(l, "sys/kernel/security/lockdown", ABSENT_FINE, &lockdown) && lockdown.len > 0;
	look_put(l, "lockdown", known ? marked_word(&lockdown) : NULL, LOOK_TEXT);
	look_put_value(l, "ptrace_scope", "proc/sys/kernel/yama/ptrace_scope", ABSENT_FINE, LOOK_TEXT);
	put_tracer(l);
	put_core_dumps(l);
	json_end_object(l->w);
	bytes_free(&lockdown);
}
