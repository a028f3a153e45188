/* What is plugged in: USB, input and block devices; and swap. */
#include "steps/host_look.h"

#include <stdlib.h>
#include <string.h>

#define USB         "sys/bus/usb/devices"
#define BLOCK       "sys/block"
#define SECTORS_MAX ((1LL << 53) / 512 - 1) /* the record's integers end at 2^53-1 */

static void put_device_value(struct look *l, const char *base, const char *name, const char *key, const char *file)
{
	struct bytes path = {0};
	bytes_printf(&path, "%s/%s/%s", base, name, file);
	look_put_value(l, key, bytes_string(&path), ABSENT_FINE, LOOK_TEXT);
	bytes_free(&path);
}

/* The classes of the interfaces of device `name`: they stand beside it as NAME:CONFIGURATION.NUMBER. */
static bool put_usb_interfaces(struct look *l, const struct look_names *names, const char *name)
{
	struct bytes path = {0}, class = {0}, all = {0};
	size_t len = strlen(name);
	bool wireless = false;

	for (size_t i = 0; i < names->count; i++) {
		if (strncmp(names->name[i], name, len) != 0 || names->name[i][len] != ':')
			continue;
		bytes_clear(&path);
		bytes_printf(&path, USB "/%s/bInterfaceClass", names->name[i]);
		if (!look_value(l, bytes_string(&path), ABSENT_FAULT, &class))
			continue;
		wireless = wireless || strcmp(bytes_string(&class), "e0") == 0;
		if (all.len > 0)
			bytes_byte(&all, ' ');
		bytes_text(&all, bytes_string(&class));
	}
	look_put(l, "interface_classes", bytes_string(&all), LOOK_TEXT);
	if (path.failed || class.failed || all.failed)
		l->failed = true;
	bytes_free(&path);
	bytes_free(&class);
	bytes_free(&all);
	return wireless;
}

void look_usb(struct look *l)
{
	struct look_names names;
	struct look_list list;

	if (!look_exists(l, "sys/bus") && l->root >= 0)
		look_fault(l, "The console cannot read /sys/bus: no such directory.");
	/* A kernel without USB has no such bus. */
	look_names(l, USB, ABSENT_FINE, &names);
	look_list_begin(l, &list, "usb", "USB devices", 6144);
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.name[i];
		if (strchr(name, ':') != NULL)
			continue;
		look_item_begin(l, &list);
		look_put(l, "port", name, LOOK_TEXT);
		put_device_value(l, USB, name, "vendor", "idVendor");
		put_device_value(l, USB, name, "product", "idProduct");
		put_device_value(l, USB, name, "class", "bDeviceClass");
		bool wireless = put_usb_interfaces(l, &names, name);
		put_device_value(l, USB, name, "manufacturer", "manufacturer");
		put_device_value(l, USB, name, "name", "product");
		put_device_value(l, USB, name, "serial", "serial");
		look_item_end(l, &list);
		/* USB-IF class codes: E0 is a wireless controller, whether or not a driver has taken it. */
		if (wireless)
			look_fault(l, "The USB device at port %s is a radio (class e0): unplug it.", name);
	}
	look_list_end(l, &list);
	look_names_free(&names);
}

struct input {
	struct bytes id, name, phys, handlers;
};

static void input_put(struct look *l, struct look_list *list, struct input *i)
{
	if (i->id.len == 0 && i->name.len == 0)
		return;
	look_item_begin(l, list);
	look_put(l, "id", bytes_string(&i->id), LOOK_TEXT);
	look_put(l, "name", bytes_string(&i->name), LOOK_TEXT);
	look_put(l, "at", bytes_string(&i->phys), LOOK_TEXT);
	look_put(l, "handlers", bytes_string(&i->handlers), LOOK_TEXT);
	look_item_end(l, list);
	bytes_clear(&i->id);
	bytes_clear(&i->name);
	bytes_clear(&i->phys);
	bytes_clear(&i->handlers);
}

static void input_line(struct input *i, const char *line)
{
	struct {
		const char *start;
		struct bytes *value;
	} const row[] = {
	        {"I: ", &i->id}, {"N: Name=", &i->name}, {"P: Phys=", &i->phys}, {"H: Handlers=", &i->handlers}};

	for (size_t k = 0; k < sizeof(row) / sizeof(row[0]); k++) {
		size_t len = strlen(row[k].start);
		if (strncmp(line, row[k].start, len) != 0)
			continue;
		size_t end = strlen(line);
		while (end > len && line[end - 1] == ' ')
			end--;
		bool quoted = end - len >= 2 && line[len] == '"' && line[end - 1] == '"';
		bytes_clear(row[k].value);
		bytes_add(row[k].value, line + len + (quoted ? 1 : 0), end - len - (quoted ? 2 : 0));
	}
}

void look_input(struct look *l)
{
	struct bytes file = {0}, line = {0};
	struct input input = {0};
	struct look_list list;
	size_t at = 0;

	/* A kernel without input devices, on a serial console, has no such file. */
	look_read(l, "proc/bus/input/devices", LOOK_TABLE, ABSENT_FINE, &file);
	look_list_begin(l, &list, "input", "input devices", 4096);
	while (look_line(&file, &at, &line)) {
		if (line.len == 0)
			input_put(l, &list, &input);
		else
			input_line(&input, bytes_string(&line));
	}
	input_put(l, &list, &input);
	look_list_end(l, &list);
	if (file.failed || line.failed || input.id.failed || input.name.failed || input.phys.failed ||
	        input.handlers.failed)
		l->failed = true;
	bytes_free(&file);
	bytes_free(&line);
	bytes_free(&input.id);
	bytes_free(&input.name);
	bytes_free(&input.phys);
	bytes_free(&input.handlers);
}

static bool block_value(struct look *l, const char *name, const char *file, struct bytes *out)
{
	struct bytes path = {0};
	bytes_printf(&path, BLOCK "/%s/%s", name, file);
	bool there = look_value(l, bytes_string(&path), ABSENT_FAULT, out);
	bytes_free(&path);
	return there;
}

void look_block(struct look *l)
{
	struct bytes size = {0}, removable = {0}, ro = {0};
	struct look_names names;
	struct look_list list;

	look_names(l, BLOCK, ABSENT_FAULT, &names);
	look_list_begin(l, &list, "block", "block devices", 4096);
	for (size_t i = 0; i < names.count; i++) {
		bool sized = block_value(l, names.name[i], "size", &size);
		bool known = block_value(l, names.name[i], "removable", &removable);
		bool can_go = known && strcmp(bytes_string(&removable), "1") == 0;
		bool read_only = block_value(l, names.name[i], "ro", &ro) && strcmp(bytes_string(&ro), "1") == 0;
		/* Loop and RAM devices that hold nothing are but names. */
		if (sized && known && !can_go && strcmp(bytes_string(&size), "0") == 0)
			continue;
		look_item_begin(l, &list);
		look_put(l, "name", names.name[i], LOOK_TEXT);
		/* /sys counts in sectors of 512 bytes, whatever the device's own are. */
		char *end = NULL;
		long long sectors = strtoll(bytes_string(&size), &end, 10);
		bool bounded = !sized ||
		               (end != bytes_string(&size) && *end == '\0' && sectors >= 0 && sectors <= SECTORS_MAX);
		json_member_int(l->w, "bytes", sized && bounded ? sectors * 512 : 0);
		json_member_bool(l->w, "removable", can_go);
		json_member_bool(l->w, "read_only", read_only);
		put_device_value(l, BLOCK, names.name[i], "vendor", "device/vendor");
		put_device_value(l, BLOCK, names.name[i], "model", "device/model");
		look_item_end(l, &list);
		if (!bounded)
			look_fault(l, "Block device %s gives a size that cannot be: %s.", names.name[i],
			        bytes_string(&size));
	}
	look_list_end(l, &list);
	look_names_free(&names);
	if (size.failed || removable.failed || ro.failed)
		l->failed = true;
	bytes_free(&size);
	bytes_free(&removable);
	bytes_free(&ro);
}

void look_swap(struct look *l)
{
	struct bytes file = {0}, line = {0};
	struct look_list list;
	size_t at = 0;

	look_table(l, "proc/swaps", ABSENT_FAULT, &file, &at);
	look_list_begin(l, &list, "swap", "swap areas", 1024);
	while (look_line(&file, &at, &line)) {
		size_t name = strcspn(bytes_string(&line), " \t");
		if (name == 0)
			continue;
		line.data[name] = '\0';
		look_item_begin(l, &list);
		look_put(l, "name", bytes_string(&line), LOOK_TEXT);
		look_item_end(l, &list);
		look_fault(l, "There is swap on %s: turn it off with swapoff.", bytes_string(&line));
	}
	look_list_end(l, &list);
	if (file.failed || line.failed)
		l->failed = true;
	bytes_free(&file);
	bytes_free(&line);
}
