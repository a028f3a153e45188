#include "hsm/hsm.h"
#include "hsm/wire.h"
#include "hsm/wire_messages.h"
#include "base/error.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	SEND_MS = 10000, /* how long the helper may leave a full socket unread */
	END_MS = 2000    /* how long it may take to log out after we hang up */
};

struct hsm {
	pid_t pid;
	int fd;
	bool pending; /* a request is not answered yet */
	bool gone;
	struct bytes in; /* of the answer, as far as it has come */
};

/* In the child, between fork and exec: only calls that are async-signal-safe, as the console has threads. */
static void become_helper(int socket, int report, const char *helper, char *const environment[])
{
	char *argv[] = {(char *)(uintptr_t)helper, NULL};
	sigset_t none;
	sigemptyset(&none);
	/* A session of its own: Ctrl-C and Ctrl-Z of the terminal are for the console, which pauses. */
	setsid();
	if (socket == WIRE_FD ? fcntl(WIRE_FD, F_SETFD, 0) < 0 : dup2(socket, WIRE_FD) < 0)
		goto out;
	int null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		goto out;
	if (close_range(WIRE_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) || sigprocmask(SIG_SETMASK, &none, NULL))
		goto out;
	execve(helper, argv, environment);
out:;
	int failed = errno;
	if (write(report, &failed, sizeof failed) < 0)
		_exit(126);
	_exit(127);
}

/* Waits for the exec: the pipe closes with it, or brings errno. */
static int exec_result(int report)
{
	int failed = 0;
	ssize_t n;
	do
		n = read(report, &failed, sizeof failed);
	while (n < 0 && errno == EINTR);
	return n == 0 ? 0 : n == sizeof failed ? failed : EIO;
}

struct hsm *hsm_start(const char *helper, char *const environment[], struct error *e)
{
	int pair[2] = {-1, -1}, report[2] = {-1, -1}, high = -1, failed = 0;
	struct hsm *h = calloc(1, sizeof *h), *result = NULL;
	if (!h) {
		error_memory(e);
		return NULL;
	}
	h->fd = h->pid = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) || pipe2(report, O_CLOEXEC) ||
	        /* above what the child puts its own descriptors on */
	        (high = fcntl(report[1], F_DUPFD_CLOEXEC, WIRE_FD + 8)) < 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK)) {
		error_errno(e, MSG_START, helper);
		goto out;
	}
	h->pid = fork();
	if (h->pid < 0) {
		error_errno(e, MSG_START, helper);
		goto out;
	}
	if (!h->pid)
		become_helper(pair[1], high, helper, environment);
	close(high);
	close(report[1]);
	high = report[1] = -1;
	failed = exec_result(report[0]);
	if (failed) {
		errno = failed;
		error_errno(e, MSG_START, helper);
		if (e && failed == ENOENT)
			e->code = ERROR_MISSING;
		goto out;
	}
	h->fd = pair[0];
	pair[0] = -1;
	result = h;
out:
	for (int i = 0; i < 2; i++) {
		if (pair[i] >= 0)
			close(pair[i]);
		if (report[i] >= 0)
			close(report[i]);
	}
	if (high >= 0)
		close(high);
	if (!result)
		hsm_end(&h);
	return result;
}

void hsm_end(struct hsm **h)
{
	struct hsm *end = *h;
	if (!end)
		return;
	if (end->fd >= 0)
		close(end->fd);
	if (end->pid > 0) {
		int64_t until = time_up_ms() + END_MS;
		pid_t ended = 0;
		while ((ended = waitpid(end->pid, NULL, WNOHANG)) == 0 && time_up_ms() < until)
			nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
		/* A call that hangs in the module cannot be cancelled otherwise. */
		if (!ended) {
			kill(end->pid, SIGKILL);
			while (waitpid(end->pid, NULL, 0) < 0 && errno == EINTR)
				;
		}
	}
	bytes_free(&end->in);
	free(end);
	*h = NULL;
}

static int gone(struct hsm *h, struct error *e)
{
	h->gone = true;
	h->pending = false;
	return error_set(e, ERROR_MISSING, MSG_GONE);
}

/* Takes in what has come of an answer, without waiting. */
static int pump(struct hsm *h, struct error *e)
{
	uint8_t block[4096];
	for (;;) {
		if (h->in.len > WIRE_MAX + WIRE_HEADER)
			return gone(h, e);
		ssize_t n = recv(h->fd, block, sizeof block, MSG_DONTWAIT);
		if (n > 0)
			bytes_add(&h->in, block, (size_t)n);
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return bytes_end(&h->in, e);
		else
			return h->in.len ? bytes_end(&h->in, e) : gone(h, e);
	}
}

/* Sends all of it. Takes in answers meanwhile, so that two full sockets never wait for each other. */
static int send_all(struct hsm *h, const void *data, size_t len, struct error *e)
{
	const uint8_t *at = data;
	while (len) {
		ssize_t n = send(h->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0) {
			at += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
			return gone(h, e);
		struct pollfd p = {.fd = h->fd, .events = POLLOUT | (h->pending ? POLLIN : 0)};
		int ready = poll(&p, 1, SEND_MS);
		if (ready == 0) {
			/* Half a frame is out: nothing sensible can follow it. */
			h->gone = true;
			return error_set(e, ERROR_MISSING, MSG_STUCK);
		}
		if (p.revents & POLLIN && pump(h, e))
			return -1;
	}
	return 0;
}

int hsm_feed(struct hsm *h, const char *line, size_t len, struct error *e)
{
	uint8_t header[WIRE_HEADER];
	if (h->gone)
		return gone(h, e);
	if (len > WIRE_MAX)
		return error_set(e, ERROR_FAULT, MSG_FRAME);
	wire_header(header, WIRE_LINE, len);
	return send_all(h, header, sizeof header, e) || send_all(h, line, len, e) ? -1 : 0;
}

/* The secret's bytes go from its guarded page to the kernel and nowhere else. */
static int send_secret(struct hsm *h, const struct secret *s, struct error *e)
{
	uint8_t len[4] = {0xff, 0xff, 0xff, 0xff};
	if (!s)
		return send_all(h, len, sizeof len, e);
	len[0] = len[1] = 0;
	len[2] = (uint8_t)(s->len >> 8);
	len[3] = (uint8_t)s->len;
	return send_all(h, len, sizeof len, e) || send_all(h, s->data, s->len, e) ? -1 : 0;
}

/* The data in memory that nobody can change any more, the console included: what the helper hashes is what it signs. -1
 * with `e`. */
static int sealed(const void *data, size_t len, struct error *e)
{
	const uint8_t *at = data;
	int fd = memfd_create("tachiai", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return error_errno(e, MSG_PASS, "memfd_create");
	while (len) {
		ssize_t n = write(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			goto fail;
		at += n;
		len -= (size_t)n;
	}
	if (!fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
		return fd;
fail:
	error_errno(e, MSG_PASS, "memfd");
	close(fd);
	return -1;
}

/* The first bytes of a frame, with a descriptor. */
static int send_with(struct hsm *h, const uint8_t *data, size_t len, int fd, struct error *e)
{
	union {
		struct cmsghdr align;
		uint8_t room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
	struct msghdr m = {
	        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	for (;;) {
		ssize_t n = sendmsg(h->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0)
			return send_all(h, data + n, len - (size_t)n, e);
		struct pollfd p = {.fd = h->fd, .events = POLLOUT};
		if (n < 0 && errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
			return gone(h, e);
		if (n < 0 && errno != EINTR && poll(&p, 1, SEND_MS) == 0)
			return error_set(e, ERROR_MISSING, MSG_STUCK);
	}
}

static int send_request(struct hsm *h, const struct hsm_request *r, struct error *e)
{
	const struct secret *const secrets[] = {r->so_pin, r->user_pin, r->old_pin};
	struct bytes plain = {0};
	uint8_t header[WIRE_HEADER];
	size_t total = 0;
	int passed = -1, rc = -1;
	bytes_byte(&plain, (uint8_t)r->verb);
	wire_u64(&plain, r->intended);
	wire_field(&plain, r->hsm, r->hsm ? strlen(r->hsm) : 0);
	if (r->len > WIRE_PASSED_MAX) {
		error_set(e, ERROR_FAULT, MSG_FRAME);
		goto out;
	}
	if (r->len > WIRE_INLINE) {
		passed = sealed(r->data, r->len, e);
		if (passed < 0)
			goto out;
		wire_u32(&plain, WIRE_PASSED);
	} else {
		wire_field(&plain, r->data, r->len);
	}
	wire_field(&plain, r->key_label, r->key_label ? strlen(r->key_label) : 0);
	wire_field(&plain, r->cka_id, r->cka_id ? strlen(r->cka_id) : 0);
	if (bytes_end(&plain, e))
		goto out;
	total = plain.len;
	for (int i = 0; i < 3; i++) {
		if (secrets[i] && secrets[i]->len > WIRE_SECRET_MAX) {
			error_set(e, ERROR_FAULT, MSG_FRAME);
			goto out;
		}
		total += 4 + (secrets[i] ? secrets[i]->len : 0);
	}
	if (total > WIRE_MAX) {
		error_set(e, ERROR_FAULT, MSG_FRAME);
		goto out;
	}
	wire_header(header, WIRE_REQUEST, total);
	if (passed >= 0 ? send_with(h, header, sizeof header, passed, e) : send_all(h, header, sizeof header, e))
		goto out;
	if (send_all(h, plain.data, plain.len, e))
		goto out;
	for (int i = 0; i < 3; i++)
		if (send_secret(h, secrets[i], e))
			goto out;
	rc = 0;
out:
	if (passed >= 0)
		close(passed);
	bytes_free(&plain);
	return rc;
}

int hsm_ask(struct hsm *h, struct hsm_request *request, struct error *e)
{
	int rc = -1;
	if (h->gone)
		gone(h, e);
	else if (h->pending)
		error_set(e, ERROR_INTERNAL, MSG_BUSY);
	else
		rc = send_request(h, request, e);
	secret_free(&request->so_pin);
	secret_free(&request->user_pin);
	secret_free(&request->old_pin);
	if (!rc)
		h->pending = true;
	return rc;
}

int hsm_fd(const struct hsm *h)
{
	return h->fd;
}

int hsm_answer(struct hsm *h, struct bytes *answer, struct error *e)
{
	size_t len = 0;
	int rc = -1;
	if (h->gone)
		return gone(h, e);
	if (!h->pending)
		return error_set(e, ERROR_INTERNAL, MSG_NOT_ASKED);
	if (pump(h, e))
		return -1;
	if (h->in.len >= WIRE_HEADER && wire_header_len(h->in.data, &len))
		return gone(h, e);
	if (h->in.len < WIRE_HEADER + len || h->in.len < WIRE_HEADER) {
		/* What is there is all that came, if the helper ended in the middle of it: unless more came since it
		 * was read. */
		struct pollfd p = {.fd = h->fd, .events = POLLIN};
		size_t before = h->in.len;
		if (poll(&p, 1, 0) != 1 || !(p.revents & POLLHUP))
			return 0;
		if (pump(h, e))
			return -1;
		return h->in.len == before ? gone(h, e) : hsm_answer(h, answer, e);
	}
	/* One request, one answer: more than one frame is as wrong as none. */
	if (h->in.len != WIRE_HEADER + len)
		return gone(h, e);
	const uint8_t *payload = h->in.data + WIRE_HEADER;
	if (h->in.data[4] == WIRE_ANSWER) {
		bytes_clear(answer);
		bytes_add(answer, payload, len);
		rc = bytes_end(answer, e) ? -1 : 1;
	} else if (h->in.data[4] != WIRE_ERROR || wire_error_read(payload, len, e)) {
		return gone(h, e);
	}
	bytes_clear(&h->in);
	h->pending = false;
	return rc;
}

int hsm_call(struct hsm *h, struct hsm_request *request, unsigned seconds, struct bytes *answer, struct error *e)
{
	if (hsm_ask(h, request, e))
		return -1;
	int64_t until = time_up_ms() + (int64_t)seconds * 1000;
	for (;;) {
		int rc = hsm_answer(h, answer, e);
		if (rc)
			return rc;
		int64_t left = until - time_up_ms();
		if (left <= 0)
			return error_set(e, ERROR_MISSING, MSG_LATE, seconds);
		struct pollfd p = {.fd = h->fd, .events = POLLIN};
		poll(&p, 1, left > 60000 ? 60000 : (int)left);
	}
}

static bool says(const struct error *e, const char *id)
{
	return e->message.id && !strcmp(e->message.id, id);
}

bool hsm_pin_was_wrong(const struct error *e)
{
	return says(e, MSG_CARD_PIN_WRONG) || says(e, MSG_CARD_PIN_WRONG_LOW) || says(e, MSG_CARD_PIN_WRONG_FINAL) ||
	       says(e, MSG_CARD_PIN_NOW_LOCKED);
}

enum hsm_pin_told hsm_pin_told(const struct error *e)
{
	if (says(e, MSG_CARD_PIN_WRONG_FINAL) || says(e, MSG_CARD_PIN_LAST))
		return PIN_TOLD_LAST;
	return says(e, MSG_CARD_PIN_WRONG_LOW) || says(e, MSG_CARD_PIN_FEW) ? PIN_TOLD_FEW : PIN_TOLD_NOTHING;
}
