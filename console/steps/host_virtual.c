/* What the machine says it is, and hints that it is no machine of its own. */
#include "steps/host_look.h"

#include <string.h>

static const struct {
	const char *key, *path;
} plate[] = {
        {"vendor", "sys/class/dmi/id/sys_vendor"}, {"product", "sys/class/dmi/id/product_name"},
        {"product_version", "sys/class/dmi/id/product_version"}, {"board", "sys/class/dmi/id/board_name"},
        {"firmware_vendor", "sys/class/dmi/id/bios_vendor"}, {"firmware_version", "sys/class/dmi/id/bios_version"},
        {"firmware_date", "sys/class/dmi/id/bios_date"}, {"model", "proc/device-tree/model"}, /* machines without DMI */
};

static void hint(struct look *l, struct bytes *all, const char *text)
{
	if (all->len > 0)
		bytes_text(all, ", ");
	bytes_text(all, text);
	json_put_text(l->w, text);
}

/* "hypervisor" stands among the flags when CPUID leaf 1 says that the processor is a hypervisor's. */
static bool processor_is_virtual(struct look *l)
{
	struct bytes file = {0}, line = {0};
	size_t at = 0;
	bool found = false;

	look_read(l, "proc/cpuinfo", LOOK_TABLE, ABSENT_FAULT, &file);
	while (!found && look_line(&file, &at, &line)) {
		bytes_byte(&line, ' ');
		found = strncmp(bytes_string(&line), "flags", 5) == 0 &&
		        strstr(bytes_string(&line), " hypervisor ") != NULL;
	}
	bytes_free(&file);
	bytes_free(&line);
	return found;
}

static bool plate_is_virtual(struct look *l)
{
	static const char *const maker[] = {"QEMU", "KVM", "VMware", "VirtualBox", "innotek", "Xen", "Bochs",
	        "Parallels", "Virtual Machine", "Amazon EC2", "Google Compute Engine", "OpenStack", "bhyve"};
	struct bytes value = {0};
	bool found = false;

	for (size_t i = 0; i < 2; i++)
		if (look_value(l, plate[i].path, ABSENT_FINE, &value))
			for (size_t k = 0; k < sizeof(maker) / sizeof(maker[0]); k++)
				found = found || strstr(bytes_string(&value), maker[k]) != NULL;
	bytes_free(&value);
	return found;
}

/* The namespaces of process 1 of the machine have fixed numbers (Linux, include/linux/proc_ns.h). */
static bool namespace_is_own(struct look *l, const char *path, const char *first)
{
	struct bytes link = {0};
	bool own = look_link(l, path, ABSENT_FAULT, &link) && strcmp(bytes_string(&link), first) != 0;
	bytes_free(&link);
	return own;
}

void look_virtual(struct look *l)
{
	struct bytes hints = {0};

	json_key(l->w, "machine");
	json_begin_object(l->w);
	for (size_t i = 0; i < sizeof(plate) / sizeof(plate[0]); i++)
		look_put_value(l, plate[i].key, plate[i].path, ABSENT_FINE, LOOK_TEXT);
	json_key(l->w, "virtual");
	json_begin_array(l->w);
	if (processor_is_virtual(l))
		hint(l, &hints, "processor flag hypervisor");
	if (plate_is_virtual(l))
		hint(l, &hints, "maker or product name");
	if (look_exists(l, "sys/hypervisor/type") || look_exists(l, "proc/device-tree/hypervisor"))
		hint(l, &hints, "hypervisor named by the kernel");
	if (look_exists(l, ".dockerenv") || look_exists(l, "run/.containerenv"))
		hint(l, &hints, "container file");
	if (namespace_is_own(l, "proc/self/ns/pid", "pid:[4026531836]"))
		hint(l, &hints, "process namespace");
	if (namespace_is_own(l, "proc/self/ns/user", "user:[4026531837]"))
		hint(l, &hints, "user namespace");
	json_end_array(l->w);
	json_end_object(l->w);
	if (hints.len > 0)
		look_fault(l,
		        "This seems to be a virtual machine or a container (%s): what lies under it was not looked at.",
		        bytes_string(&hints));
	if (hints.failed)
		l->failed = true;
	bytes_free(&hints);
}
