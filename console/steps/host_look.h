/* Private to host*.c: one look at the machine. Whatever cannot be read, or not be written down in full, is a fault. */
#ifndef STEPS_HOST_LOOK_H
#define STEPS_HOST_LOOK_H

#include "steps/host.h"

/* Sizes in bytes as they stand in the record, escapes counted. An entry holds 64 KiB (docs/record-format): the facts
 * stay below 40 KiB and the faults below 16, so that both fit whatever the machine shows. */
enum {
	LOOK_TEXT = 160,
	LOOK_PATH = 320,
	LOOK_LONG_TEXT = 3072,
	LOOK_FAULT = 400,
	LOOK_FAULTS = 14336,
	LOOK_FILE = 65536,
	LOOK_TABLE = 4194304,
	LOOK_NAMES = 4096
};

enum absent { ABSENT_FAULT, ABSENT_FINE };

struct look {
	int root; /* the directory that stands for "/" */
	struct json_writer *w;
	struct host_faults *faults;
	size_t fault_bytes, unsaid; /* room taken; faults for which there was none */
	bool failed;                /* no memory */
};

/* Notes a fault; foreign text in it is made visible here. */
void look_fault(struct look *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads `path` (relative to the root) whole into the cleared `out`. False when it could not be read; that is a fault
 * unless the file is not there and `absent` says that this is fine. */
bool look_read(struct look *l, const char *path, size_t max, enum absent absent, struct bytes *out);
/* The same without the white space at its end, which most files of one value have. */
bool look_value(struct look *l, const char *path, enum absent absent, struct bytes *out);
/* What a symbolic link says. */
bool look_link(struct look *l, const char *path, enum absent absent, struct bytes *out);
bool look_exists(struct look *l, const char *path);

/* The names in a directory, sorted, without "." and "..". False as look_read(). Freed by look_names_free(). */
struct look_names {
	char **name;
	size_t count;
};
bool look_names(struct look *l, const char *path, enum absent absent, struct look_names *out);
void look_names_free(struct look_names *n);

/* "key":"text", visible and at most `max` bytes; longer text is cut and that is a fault. NULL writes null. */
void look_put(struct look *l, const char *key, const char *text, size_t max);
/* "key": the value in a file, or null. */
void look_put_value(struct look *l, const char *key, const char *path, enum absent absent, size_t max);

/* "key":{"list":[…],"found":N}: an item that does not fit into `budget` bytes and all after it are counted only. */
struct look_list {
	const char *noun; /* for the fault: "network interfaces" */
	size_t start, budget, mark;
	bool comma, cut;
	unsigned found, listed;
};
void look_list_begin(struct look *l, struct look_list *list, const char *key, const char *noun, size_t budget);
void look_item_begin(struct look *l, struct look_list *list);
void look_item_end(struct look *l, struct look_list *list);
void look_list_end(struct look *l, struct look_list *list);

/* The next line of `text` from *at on, without its LF, as a string of its own in the cleared `line`. False at the end.
 */
bool look_line(const struct bytes *text, size_t *at, struct bytes *line);
/* Reads a table whose first line is a heading, and passes it by. A table without one was not written by the kernel: a
 * fault. */
bool look_table(struct look *l, const char *path, enum absent absent, struct bytes *out, size_t *at);

/* Cuts `line` at its white space into at most `max` fields; what follows the last is left out. Returns how many there
 * are. */
size_t look_fields(char *line, char *field[], size_t max);
/* A number of one to `digits` hexadecimal digits (8 at most) and nothing else. */
bool look_hex(const char *text, size_t digits, uint32_t *out);

/* The parts, in the order of the facts. Each writes its own members. */
void look_program(struct look *l);
void look_system(struct look *l);
void look_clock(struct look *l);
void look_protection(struct look *l);
void look_virtual(struct look *l);
void look_interfaces(struct look *l);
void look_radios(struct look *l);
void look_routes(struct look *l);
void look_sockets(struct look *l);
void look_usb(struct look *l);
void look_input(struct look *l);
void look_block(struct look *l);
void look_swap(struct look *l);

#endif
