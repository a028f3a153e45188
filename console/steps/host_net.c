/* The air gap: interfaces, radios, routes. */
#include "steps/host_look.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACES "sys/class/net"

enum { FLAG_UP = 1, ROUTE_REJECT = 0x200 }; /* linux/if.h, route.h */

struct interface {
	const char *name;
	struct bytes type, flags, operstate, carrier, address;
	bool loopback, up, flags_known;
};

static bool interface_value(struct look *l, const char *name, const char *file, enum absent absent, struct bytes *out)
{
	struct bytes path = {0};
	bytes_printf(&path, INTERFACES "/%s/%s", name, file);
	bool there = !path.failed && look_value(l, bytes_string(&path), absent, out);
	if (path.failed)
		l->failed = true;
	bytes_free(&path);
	return there;
}

static bool interface_wireless(struct look *l, const char *name)
{
	struct bytes a = {0}, b = {0};
	bytes_printf(&a, INTERFACES "/%s/wireless", name);
	bytes_printf(&b, INTERFACES "/%s/phy80211", name);
	bool wireless = look_exists(l, bytes_string(&a)) || look_exists(l, bytes_string(&b));
	bytes_free(&a);
	bytes_free(&b);
	return wireless;
}

static bool is_one_of(const char *text, const char *const words[])
{
	for (; *words != NULL; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

static void interface_read(struct look *l, struct interface *i)
{
	static const char *const down[] = {"down", "notpresent", "lowerlayerdown", "unknown", NULL};

	bool typed = interface_value(l, i->name, "type", ABSENT_FAULT, &i->type);
	i->flags_known = interface_value(l, i->name, "flags", ABSENT_FAULT, &i->flags);
	bool state = interface_value(l, i->name, "operstate", ABSENT_FAULT, &i->operstate);
	unsigned long flags = i->flags_known ? strtoul(bytes_string(&i->flags), NULL, 16) : 0;
	/* A name alone can be given to any interface; 772 is ARPHRD_LOOPBACK (linux/if_arp.h). */
	i->loopback = typed && strcmp(i->name, "lo") == 0 && strcmp(bytes_string(&i->type), "772") == 0;
	i->up = (flags & FLAG_UP) != 0 || (state && !is_one_of(bytes_string(&i->operstate), down));
	/* The kernel refuses to tell the carrier of an interface that is down (EINVAL). */
	if (i->up)
		interface_value(l, i->name, "carrier", ABSENT_FINE, &i->carrier);
	interface_value(l, i->name, "address", ABSENT_FINE, &i->address);
}

static const char *or_null(const struct bytes *b)
{
	return b->len > 0 ? bytes_string(b) : NULL;
}

static void interface_put(struct look *l, const struct interface *i)
{
	look_put(l, "name", i->name, LOOK_TEXT);
	look_put(l, "type", or_null(&i->type), LOOK_TEXT);
	look_put(l, "flags", or_null(&i->flags), LOOK_TEXT);
	look_put(l, "operstate", or_null(&i->operstate), LOOK_TEXT);
	json_member_bool(l->w, "up", i->up);
	look_put(l, "carrier", or_null(&i->carrier), LOOK_TEXT);
	json_member_bool(l->w, "address", strspn(bytes_string(&i->address), "0:") != i->address.len);
	json_member_bool(l->w, "wireless", interface_wireless(l, i->name));
}

void look_interfaces(struct look *l)
{
	struct look_names names;
	struct look_list list;

	look_names(l, INTERFACES, ABSENT_FAULT, &names);
	look_list_begin(l, &list, "interfaces", "network interfaces", 5120);
	for (size_t n = 0; n < names.count; n++) {
		struct interface i = {.name = names.name[n]};
		if (strcmp(i.name, "bonding_masters") == 0) /* a file of the bonding driver, no interface */
			continue;
		look_item_begin(l, &list);
		interface_read(l, &i);
		interface_put(l, &i);
		look_item_end(l, &list);
		if (i.up && !i.loopback)
			look_fault(l, "Network interface %s is up: unplug it and take it down.", i.name);
		bytes_free(&i.type);
		bytes_free(&i.flags);
		bytes_free(&i.operstate);
		bytes_free(&i.carrier);
		bytes_free(&i.address);
	}
	look_list_end(l, &list);
	look_names_free(&names);
}

static void radio_value(struct look *l, const char *class, const char *name, const char *file, struct bytes *out)
{
	struct bytes path = {0};
	bytes_printf(&path, "sys/class/%s/%s/%s", class, name, file);
	look_value(l, bytes_string(&path), ABSENT_FINE, out);
	bytes_free(&path);
}

static void radio(struct look *l, struct look_list *list, const char *class, const char *name)
{
	struct bytes kind = {0}, device = {0}, soft = {0}, hard = {0};

	if (strcmp(class, "rfkill") == 0) {
		radio_value(l, class, name, "type", &kind);
		radio_value(l, class, name, "name", &device);
		radio_value(l, class, name, "soft", &soft);
		radio_value(l, class, name, "hard", &hard);
	}
	look_item_begin(l, list);
	json_member_text(l->w, "class", class);
	look_put(l, "name", name, LOOK_TEXT);
	look_put(l, "kind", or_null(&kind), LOOK_TEXT);
	look_put(l, "device", or_null(&device), LOOK_TEXT);
	look_put(l, "soft_blocked", or_null(&soft), LOOK_TEXT);
	look_put(l, "hard_blocked", or_null(&hard), LOOK_TEXT);
	look_item_end(l, list);
	look_fault(l, "A radio is in the machine: %s (%s). Take it out, or switch it off in the firmware.", name,
	        kind.len > 0 ? bytes_string(&kind) : class);
	bytes_free(&kind);
	bytes_free(&device);
	bytes_free(&soft);
	bytes_free(&hard);
}

/* A blocked radio is a radio still: software can unblock it. So the mere presence is a fault. */
void look_radios(struct look *l)
{
	static const char *const classes[] = {"ieee80211", "bluetooth", "wwan", "nfc", "rfkill"};
	struct look_names names;
	struct look_list list;

	look_list_begin(l, &list, "radios", "radios", 2048);
	for (size_t c = 0; c < sizeof(classes) / sizeof(classes[0]); c++) {
		struct bytes path = {0};
		bytes_printf(&path, "sys/class/%s", classes[c]);
		/* Without its driver a class is not there; that /sys/class is, the interfaces have shown. */
		look_names(l, bytes_string(&path), ABSENT_FINE, &names);
		for (size_t n = 0; n < names.count; n++)
			radio(l, &list, classes[c], names.name[n]);
		look_names_free(&names);
		bytes_free(&path);
	}
	look_list_end(l, &list);
}

static void route_put(struct look *l, struct look_list *list, const char *interface, const char *to, unsigned prefix,
        const char *gateway)
{
	look_item_begin(l, list);
	look_put(l, "interface", interface, LOOK_TEXT);
	json_member_text(l->w, "to", to);
	json_member_int(l->w, "prefix", prefix);
	look_put(l, "gateway", gateway, LOOK_TEXT);
	look_item_end(l, list);
	if (prefix == 0)
		look_fault(l, "There is a default route through %s: remove it.", interface);
}

/* One line: false when it is not as the kernel writes it. */
static bool route4(struct look *l, struct look_list *list, char *line)
{
	char to[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN];
	char *field[8]; /* interface, destination, gateway, flags, references, use, metric, mask */
	uint32_t destination, gate, flags, mask;

	if (look_fields(line, field, 8) < 8 || !look_hex(field[1], 8, &destination) || !look_hex(field[2], 8, &gate) ||
	        !look_hex(field[3], 8, &flags) || !look_hex(field[7], 8, &mask))
		return false;
	if (flags & ROUTE_REJECT)
		return true;
	inet_ntop(AF_INET, &destination, to, sizeof(to)); /* the four bytes are printed as one number of this machine */
	inet_ntop(AF_INET, &gate, gateway, sizeof(gateway));
	route_put(l, list, field[0], to, (unsigned)__builtin_popcount(mask), gate != 0 ? gateway : NULL);
	return true;
}

static bool hex_address(const char *hex, struct in6_addr *out)
{
	return strlen(hex) == 32 && hex_decode(hex, 32, out->s6_addr, 16) == 0;
}

static bool route6(struct look *l, struct look_list *list, char *line)
{
	char to[INET6_ADDRSTRLEN], gateway[INET6_ADDRSTRLEN];
	char *field[10]; /* to, prefix, from, prefix, gateway, metric, references, use, flags, interface */
	struct in6_addr destination, gate;
	uint32_t prefix, flags;

	if (look_fields(line, field, 10) < 10 || !hex_address(field[0], &destination) ||
	        !look_hex(field[1], 2, &prefix) || !hex_address(field[4], &gate) || !look_hex(field[8], 8, &flags))
		return false;
	if (flags & ROUTE_REJECT)
		return true;
	inet_ntop(AF_INET6, &destination, to, sizeof(to));
	inet_ntop(AF_INET6, &gate, gateway, sizeof(gateway));
	route_put(l, list, field[9], to, prefix, IN6_IS_ADDR_UNSPECIFIED(&gate) ? NULL : gateway);
	return true;
}

static void table(struct look *l, struct look_list *list, const char *path, bool header, enum absent absent,
        bool (*row)(struct look *, struct look_list *, char *))
{
	struct bytes file = {0}, line = {0};
	size_t at = 0;
	bool whole = true;

	if (header)
		look_table(l, path, absent, &file, &at);
	else
		look_read(l, path, LOOK_TABLE, absent, &file);
	while (look_line(&file, &at, &line))
		whole = (line.len > 0 && row(l, list, (char *)line.data)) && whole;
	if (!whole)
		look_fault(l, "/%s holds a line that the console does not understand.", path);
	if (file.failed || line.failed)
		l->failed = true;
	bytes_free(&file);
	bytes_free(&line);
}

void look_routes(struct look *l)
{
	struct look_list list;

	look_list_begin(l, &list, "routes", "routes", 3072);
	table(l, &list, "proc/net/route", true, ABSENT_FAULT, route4);
	/* A kernel without IPv6 has neither of its files. */
	bool ipv6 = look_exists(l, "proc/net/if_inet6");
	table(l, &list, "proc/net/ipv6_route", false, ipv6 ? ABSENT_FAULT : ABSENT_FINE, route6);
	look_list_end(l, &list);
}
