#include "media/volume_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"

enum { NAME_LEN_MAX = 255 };

bool volume_name_is_plain(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(name);

	return len != 0 && len <= NAME_LEN_MAX && strspn(name, allowed) == len && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

int volume_name_refused(const char *name, struct error *e)
{
	return error_set(
	        e, ERROR_FAULT, "\"%s\" is no name for a file to carry out: only A-Z a-z 0-9 . _ - are used", name);
}

int volume_file_open(int dir, const char *name, int flags, unsigned mode)
{
	struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC),
	        .mode = flags & O_CREAT ? mode : 0,
	        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};
	int fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));

	/* A kernel before 5.6, or one whose sandbox does not let it through. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(dir, name, (int)how.flags, (mode_t)mode);
	return fd;
}

int volume_write_all(int fd, const uint8_t *data, size_t len)
{
	while (len != 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = EIO;
			return -1;
		}
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int volume_error_write(struct error *e, const char *to, const char *name)
{
	switch (errno) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return error_set(
		        e, ERROR_IO, "there is no room for %s on %s: use a medium with more free space", name, to);
	case EROFS:
	case EACCES:
	case EPERM:
		return error_set(e, ERROR_IO,
		        "%s cannot be written on %s: it is read-only, or its write protection is on", name, to);
	default:
		return error_errno(e, "cannot write to the medium %s: %s", to);
	}
}
