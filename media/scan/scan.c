/* tachiai-scan: the QR codes of one picture. Reads a PNG or JPEG file from standard input and writes what its codes
 * hold to standard output, each as "code LENGTH\n", the bytes, "\n"; then "end\n". A picture that it does not take: "no
 * SENTENCE\n".
 *
 * A program of its own, run by `tachiai scan` once for each picture and confined (base/confined.h): a picture is
 * hostile, and libzbar, libpng and libjpeg never load in the console. Once the file is read, this process can do
 * nothing but calculate and write to what is open. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zbar.h>

#include <jpeglib.h> /* wants what stands above */

enum { FILE_MAX = 64 << 20, SIDE_MAX = 20000, PIXELS_MAX = 100 << 20, MEMORY_MAX = 1 << 30, CODES_MAX = 256 };

struct picture {
	uint8_t *grey; /* width*height, from the heap */
	unsigned width, height;
};

static _Noreturn void refuse(const char *sentence)
{
	printf("no %s\n", sentence);
	exit(fflush(stdout) ? 1 : 0);
}

/* All of standard input. NULL: it is larger than FILE_MAX, or memory or reading failed. */
static uint8_t *input_read(size_t *len)
{
	uint8_t *data = malloc(FILE_MAX + 1);
	ssize_t n;

	*len = 0;
	while (data && *len <= FILE_MAX && (n = read(STDIN_FILENO, data + *len, FILE_MAX + 1 - *len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		*len += (size_t)n;
	}
	if (data && *len > FILE_MAX) {
		free(data);
		return NULL;
	}
	return data;
}

#define ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* From here on: memory, output, the end. Everything else is refused (qsort asks for the size of memory, and does
 * without). The machine's calling convention was settled by who started this. */
static bool only_calculate(void)
{
	struct sock_filter filter[] = {
	        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	        ALLOW(write),
	        ALLOW(brk),
	        ALLOW(mmap),
	        ALLOW(munmap),
	        ALLOW(mremap),
	        ALLOW(mprotect),
	        ALLOW(madvise),
	        ALLOW(futex),
	        ALLOW(clock_gettime),
	        ALLOW(gettimeofday),
	        ALLOW(getrandom),
	        ALLOW(exit_group),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void size_check(unsigned long width, unsigned long height)
{
	if (width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX || width * height > PIXELS_MAX)
		refuse("the picture has more than 100 million pixels, or a side of more than 20000: make it smaller");
}

static void png_decode(const uint8_t *data, size_t len, struct picture *p)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	static const png_color white = {255, 255, 255};

	if (!png_image_begin_read_from_memory(&image, data, len))
		refuse("the picture is no sound PNG");
	size_check(image.width, image.height);
	image.format = PNG_FORMAT_GRAY;
	p->width = image.width;
	p->height = image.height;
	p->grey = malloc((size_t)p->width * p->height);
	if (!p->grey)
		refuse("there is not enough memory for the picture");
	/* What is transparent is white, as paper is. */
	if (!png_image_finish_read(&image, &white, p->grey, (png_int_32)p->width, NULL))
		refuse("the picture is no sound PNG");
}

struct jpeg_trouble {
	struct jpeg_error_mgr manager;
	jmp_buf out;
};

static void jpeg_fail(j_common_ptr common)
{
	struct jpeg_trouble *t = (struct jpeg_trouble *)common->err;

	longjmp(t->out, 1);
}

static void jpeg_say_nothing(j_common_ptr common, int level)
{
	(void)common;
	(void)level;
}

static void jpeg_decode(const uint8_t *data, size_t len, struct picture *p)
{
	struct jpeg_decompress_struct j = {0};
	struct jpeg_trouble trouble;

	j.err = jpeg_std_error(&trouble.manager);
	trouble.manager.error_exit = jpeg_fail;
	trouble.manager.emit_message = jpeg_say_nothing;
	if (setjmp(trouble.out))
		refuse("the picture is no sound JPEG");
	jpeg_create_decompress(&j);
	jpeg_mem_src(&j, data, len);
	jpeg_read_header(&j, TRUE);
	size_check(j.image_width, j.image_height);
	j.out_color_space = JCS_GRAYSCALE;
	jpeg_start_decompress(&j);
	p->width = j.output_width;
	p->height = j.output_height;
	p->grey = calloc(p->height, p->width);
	if (!p->grey)
		refuse("there is not enough memory for the picture");
	while (j.output_scanline < j.output_height) {
		JSAMPROW row = p->grey + (size_t)j.output_scanline * p->width;

		jpeg_read_scanlines(&j, &row, 1);
	}
	jpeg_destroy_decompress(&j);
}

static void codes_write(const struct picture *p)
{
	zbar_image_scanner_t *scanner = zbar_image_scanner_create();
	zbar_image_t *image = zbar_image_create();
	unsigned count = 0;

	zbar_set_verbosity(0);
	zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	/* The bytes as they are: zbar would take them for text in some character set. */
	zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, p->width, p->height);
	zbar_image_set_data(image, p->grey, (unsigned long)p->width * p->height, NULL);
	if (zbar_scan_image(scanner, image) < 0)
		refuse("the picture could not be searched for codes");
	for (const zbar_symbol_t *s = zbar_image_first_symbol(image); s && count < CODES_MAX; s = zbar_symbol_next(s)) {
		unsigned len = zbar_symbol_get_data_length(s);

		if (zbar_symbol_get_type(s) != ZBAR_QRCODE)
			continue;
		printf("code %u\n", len);
		fwrite(zbar_symbol_get_data(s), 1, len, stdout);
		putchar('\n');
		count++;
	}
	printf("end\n");
	zbar_image_destroy(image);
	zbar_image_scanner_destroy(scanner);
}

int main(void)
{
	static char buffer[1 << 16]; /* so that stdio asks nothing about what it writes to */
	struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};
	struct picture p = {0};
	size_t len;
	uint8_t *data;

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (setrlimit(RLIMIT_AS, &memory) != 0)
		return 1;
	data = input_read(&len);
	if (!data)
		refuse("the picture cannot be read, or is larger than 64 MiB");
	if (!only_calculate())
		return 1;
	if (len >= 8 && png_sig_cmp(data, 0, 8) == 0)
		png_decode(data, len, &p);
	else if (len >= 3 && !memcmp(data, "\xff\xd8\xff", 3))
		jpeg_decode(data, len, &p);
	else
		refuse("the file is neither PNG nor JPEG");
	free(data);
	codes_write(&p);
	free(p.grey);
	return fflush(stdout) ? 1 : 0;
}
