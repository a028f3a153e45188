/* The program that drives the HSM: it reads the record's lines and requests on one socket, and writes answers there.
 * It writes nothing anywhere else. */
#include "base/sandbox.h"
#include "hsm/helper.h"
#include "hsm/wire.h"
#include "hsm/wire_messages.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The rest of a frame: what is left of it to read. */
struct frame {
	uint8_t type;
	size_t left;
	uint8_t *line; /* room for one, WIRE_MAX */
	int passed;    /* a descriptor that came with it; -1: none */
};

/* The module that it will load may talk to a service of this machine for its readers or devices, and to nothing else.
 */
static int harden(void)
{
	if (sandbox_harden(WIRE_FD + 1, NULL) || sandbox_calls(SANDBOX_SOCKETS, NULL) ||
	        /* The console is gone: so is what we do. Its end of the socket says so too, and earlier. */
	        prctl(PR_SET_PDEATHSIG, SIGKILL))
		return -1;
	sandbox_kernel();
	sandbox_lock_memory();
	return 0;
}

static int read_all(void *out, size_t len)
{
	uint8_t *at = out;
	while (len) {
		ssize_t n = read(WIRE_FD, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A frame's header, and the one descriptor that may come with it. With more than one it is no frame. */
static int read_header(uint8_t header[WIRE_HEADER], int *passed)
{
	union {
		struct cmsghdr align;
		uint8_t room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {.iov_base = header, .iov_len = WIRE_HEADER};
	struct msghdr m = {
	        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
	ssize_t n;
	*passed = -1;
	do
		n = recvmsg(WIRE_FD, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return -1;
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (c) {
		if (m.msg_flags & MSG_CTRUNC || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
		        c->cmsg_len != CMSG_LEN(sizeof *passed))
			return -1; /* and the process ends, which closes them */
		memcpy(passed, CMSG_DATA(c), sizeof *passed);
	}
	return read_all(header + n, WIRE_HEADER - (size_t)n);
}

/* The request's data in memory that its sender cannot change any more. */
static int map_passed(int fd, struct request *r)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	struct stat st;
	if (fd < 0 || (fcntl(fd, F_GET_SEALS) & seals) != seals || fstat(fd, &st) || st.st_size <= 0 ||
	        st.st_size > WIRE_PASSED_MAX)
		return -1;
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return -1;
	r->data = (struct bytes){.data = map, .len = (size_t)st.st_size};
	r->mapped = true;
	return 0;
}

static int write_all(const void *data, size_t len)
{
	const uint8_t *at = data;
	while (len) {
		ssize_t n = send(WIRE_FD, at, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int take(struct frame *f, void *out, size_t len)
{
	if (len > f->left)
		return -1;
	f->left -= len;
	return read_all(out, len);
}

static int take_len(struct frame *f, size_t *len, bool *there)
{
	uint8_t number[4];
	if (take(f, number, sizeof number))
		return -1;
	uint32_t n = wire_u32_read(number);
	*there = n != WIRE_ABSENT;
	*len = *there ? n : 0;
	return *len > f->left ? -1 : 0;
}

static int take_field(struct frame *f, struct bytes *out, bool *there)
{
	size_t len;
	if (take_len(f, &len, there) || take(f, f->line, len))
		return -1;
	bytes_add(out, f->line, len);
	return bytes_end(out, NULL);
}

/* From the socket straight into guarded memory. */
static int take_secret(struct frame *f, struct secret **out)
{
	size_t len;
	bool there;
	if (take_len(f, &len, &there) || len > WIRE_SECRET_MAX)
		return -1;
	if (!there)
		return 0;
	*out = secret_new(len ? len : 1, NULL);
	if (!*out || take(f, (*out)->data, len))
		return -1;
	(*out)->len = len;
	(*out)->data[len] = '\0';
	return 0;
}

static void request_free(struct request *r)
{
	secret_free(&r->so_pin);
	secret_free(&r->user_pin);
	secret_free(&r->old_pin);
	bytes_free(&r->hsm);
	if (r->mapped)
		munmap(r->data.data, r->data.len);
	else
		bytes_free(&r->data);
	bytes_free(&r->key_label);
	bytes_free(&r->cka_id);
}

static int take_data(struct frame *f, struct request *r)
{
	uint8_t number[4];
	if (take(f, number, sizeof number))
		return -1;
	uint32_t len = wire_u32_read(number);
	if (len == WIRE_PASSED)
		return map_passed(f->passed, r);
	if (len == WIRE_ABSENT)
		return 0;
	if (len > f->left || take(f, f->line, len))
		return -1;
	bytes_add(&r->data, f->line, len);
	return bytes_end(&r->data, NULL);
}

static int take_request(struct frame *f, struct request *r)
{
	uint8_t verb, number[8];
	bool there;
	if (take(f, &verb, 1) || take(f, number, sizeof number))
		return -1;
	r->verb = (enum hsm_verb)verb;
	r->intended = wire_u64_read(number);
	if (take_field(f, &r->hsm, &there) || take_data(f, r) || take_field(f, &r->key_label, &r->has_key_label) ||
	        take_field(f, &r->cka_id, &r->has_cka_id) || take_secret(f, &r->so_pin) ||
	        take_secret(f, &r->user_pin) || take_secret(f, &r->old_pin))
		return -1;
	return f->left ? -1 : 0;
}

static int reply(enum wire_type type, const struct bytes *payload)
{
	uint8_t header[WIRE_HEADER];
	wire_header(header, type, payload->len);
	return write_all(header, sizeof header) || write_all(payload->data, payload->len) ? -1 : 0;
}

static int answer_request(struct helper *h, struct frame *f)
{
	struct request r = {0};
	struct bytes answer = {0};
	struct error e = {0};
	int rc = -1;
	if (take_request(f, &r))
		goto out;
	enum wire_type type = WIRE_ANSWER;
	if (helper_request(h, &r, &answer, &e) == 0 && answer.len > WIRE_MAX)
		error_set(&e, ERROR_TOKEN, MSG_FRAME);
	if (e.code) {
		type = WIRE_ERROR;
		bytes_clear(&answer);
		wire_error(&answer, &e);
	}
	if (bytes_end(&answer, NULL))
		goto out;
	rc = reply(type, &answer);
out:
	request_free(&r);
	bytes_free(&answer);
	return rc;
}

/* One frame; -1 when the console hung up or what came is no frame: then there is nothing to say to anyone. */
static int serve_frame(struct helper *h, uint8_t *line)
{
	uint8_t header[WIRE_HEADER];
	struct frame f = {.line = line, .passed = -1};
	int rc = -1;
	if (read_header(header, &f.passed) || wire_header_len(header, &f.left))
		goto out;
	f.type = header[4];
	if (f.type == WIRE_REQUEST) {
		rc = answer_request(h, &f);
		goto out;
	}
	size_t len = f.left;
	if (f.type != WIRE_LINE || take(&f, line, len))
		goto out;
	helper_line(h, (const char *)line, len);
	rc = 0;
out:
	if (f.passed >= 0)
		close(f.passed);
	return rc;
}

int main(void)
{
	struct helper h = {0};
	uint8_t *line = NULL;
	int type, status = EXIT_FAILURE;
	socklen_t len = sizeof type;
	/* Only the console starts it. */
	if (getsockopt(WIRE_FD, SOL_SOCKET, SO_TYPE, &type, &len) || type != SOCK_STREAM)
		return 2;
	if (harden() || secret_init(NULL) || helper_init(&h, NULL) || !(line = malloc(WIRE_MAX)))
		goto out;
	while (!serve_frame(&h, line))
		;
	status = EXIT_SUCCESS;
out:
	helper_free(&h);
	free(line);
	return status;
}
