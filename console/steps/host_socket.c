/* Sockets that reach, or can be reached, over a network. */
#include "steps/host_look.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

struct socket {
	const char *protocol;
	char local[INET6_ADDRSTRLEN + 8], remote[INET6_ADDRSTRLEN + 8];
	bool outside; /* bound to, or connected with, more than this machine */
	uint32_t state;
};

/* "0100007F:0016", or four such words before the colon: each word printed as a number of this machine. */
static bool address_parse(const char *text, char *out, size_t max, bool *loopback)
{
	uint32_t word[4], port;
	char host[INET6_ADDRSTRLEN], one[9] = "";
	const char *colon = strchr(text, ':');
	size_t words = colon != NULL ? (size_t)(colon - text) / 8 : 0;

	if ((words != 1 && words != 4) || (size_t)(colon - text) != words * 8 || !look_hex(colon + 1, 4, &port))
		return false;
	for (size_t i = 0; i < words; i++) {
		memcpy(one, text + i * 8, 8);
		if (!look_hex(one, 8, &word[i]))
			return false;
	}
	inet_ntop(words == 1 ? AF_INET : AF_INET6, word, host, sizeof(host));
	*loopback = strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 || strncmp(host, "::ffff:127.", 11) == 0;
	snprintf(out, max, words == 1 ? "%s:%u" : "[%s]:%u", host, port);
	return true;
}

static bool socket_parse(struct socket *s, char *line)
{
	char *field[4]; /* number, local address, remote address, state */
	bool here, there;

	if (look_fields(line, field, 4) < 4 || !look_hex(field[3], 2, &s->state) ||
	        !address_parse(field[1], s->local, sizeof(s->local), &here) ||
	        !address_parse(field[2], s->remote, sizeof(s->remote), &there))
		return false;
	s->outside = !here;
	return true;
}

struct socket_count {
	unsigned outside;
	char first[INET6_ADDRSTRLEN + 24];
};

static void sockets_of(
        struct look *l, struct look_list *list, const char *protocol, enum absent absent, struct socket_count *count)
{
	struct bytes file = {0}, line = {0}, path = {0};
	size_t at = 0;
	bool whole = true;

	bytes_printf(&path, "proc/net/%s", protocol);
	look_table(l, bytes_string(&path), absent, &file, &at);
	while (look_line(&file, &at, &line)) {
		struct socket s = {.protocol = protocol};
		if (line.len == 0 || !socket_parse(&s, (char *)line.data)) {
			whole = false;
			continue;
		}
		look_item_begin(l, list);
		json_member_text(l->w, "protocol", protocol);
		json_member_text(l->w, "local", s.local);
		json_member_text(l->w, "remote", s.remote);
		json_member_int(l->w, "state", s.state); /* linux/net/tcp_states.h: 10 listens */
		look_item_end(l, list);
		if (s.outside && count->outside++ == 0)
			snprintf(count->first, sizeof(count->first), "%s %s", protocol, s.local);
	}
	if (!whole)
		look_fault(l, "/%s holds a line that the console does not understand.", bytes_string(&path));
	if (file.failed || line.failed || path.failed)
		l->failed = true;
	bytes_free(&file);
	bytes_free(&line);
	bytes_free(&path);
}

void look_sockets(struct look *l)
{
	struct look_list list;
	struct socket_count count = {0};
	enum absent ipv6 = look_exists(l, "proc/net/if_inet6") ? ABSENT_FAULT : ABSENT_FINE;

	look_list_begin(l, &list, "sockets", "network sockets", 4096);
	sockets_of(l, &list, "tcp", ABSENT_FAULT, &count);
	sockets_of(l, &list, "tcp6", ipv6, &count);
	sockets_of(l, &list, "udp", ABSENT_FAULT, &count);
	sockets_of(l, &list, "udp6", ipv6, &count);
	look_list_end(l, &list);
	if (count.outside > 0)
		look_fault(l,
		        "Programs hold %u network sockets that are open to more than this machine, the first %s: end "
		        "them.",
		        count.outside, count.first);
}
