/* What everybody takes home from a ceremony: origin, size and the full root, on paper that nobody of the console's can
 * change any more. The record is held against it later (verify --anchor). */
#include "media/publish.h"

#include <string.h>

#include "base/text.h"
#include "record/note.h"

enum { SLIPS_A_PAGE = 4, CODE_MILLIMETRES = 38 };

static void hex_groups(struct bytes *out, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i += 2)
		bytes_printf(out, "%s%02x%02x", i ? " " : "", data[i], data[i + 1]);
}

/* Slips are cut apart, so each says itself whatever the pages say. Both languages on one. */
static void slip_text(const struct publish *p, const struct publish_person *person, struct bytes *out)
{
	char closed[TIME_TEXT];

	time_format_seconds(p->v.ended / 1000, closed);
	if (p->v.rehearsal)
		bytes_text(out, "REHEARSAL リハーサル\n");
	bytes_text(out, "控え Slip: ");
	text_visible(out, person->name, strlen(person->name));
	bytes_printf(out, " (%s, %s)\n", person->key_name, person->role);
	bytes_printf(out, "Origin: %s\n", bytes_string(&p->v.origin));
	bytes_printf(out, "サイズ Size: %llu\n終了 Closed: %s\n", (unsigned long long)p->v.entries, closed);
	bytes_text(out, "ルート Root: ");
	bytes_base64(out, p->v.root, sizeof(p->v.root));
	bytes_text(out, "\n16進 Hex: ");
	hex_groups(out, p->v.root, sizeof(p->v.root));
	bytes_text(out, "\n単語 Words: ");
	text_pgp_words(out, p->v.root, sizeof(p->v.root));
}

static void slips_put(const struct publish *p, struct page *page, const struct bytes *checkpoint, struct bytes *text)
{
	page_paragraph(page,
	        "切り取って持ち帰り、後で記録と照合する。"
	        "Cut out, take home, and hold the record against it later: tachiai verify DIR --anchor FILE");
	for (size_t i = 0; i < p->people; i++) {
		if (i && i % SLIPS_A_PAGE == 0)
			page_break(page);
		if (i % SLIPS_A_PAGE == 0)
			page_cut(page);
		bytes_clear(text);
		slip_text(p, &p->person[i], text);
		text->failed = bytes_end(text, NULL) < 0;
		page_code(page, checkpoint->data, checkpoint->len, CODE_MILLIMETRES, bytes_string(text));
		page_cut(page);
	}
}

static int render(struct page *page, const char *stem, struct publish_files *out, struct error *e)
{
	struct bytes pdf = {0}, plain = {0}, name = {0};
	int rc = -1;

	if (page_pdf(page, &pdf, e) < 0 || page_text(page, &plain, e) < 0)
		goto out;
	bytes_printf(&name, "%s.pdf", stem);
	if (bytes_end(&name, e) < 0 || publish_file_add(out, bytes_string(&name), &pdf, e) < 0)
		goto out;
	bytes_clear(&name);
	bytes_printf(&name, "%s.txt", stem);
	if (bytes_end(&name, e) == 0)
		rc = publish_file_add(out, bytes_string(&name), &plain, e);
out:
	bytes_free(&pdf);
	bytes_free(&plain);
	bytes_free(&name);
	return rc;
}

int publish_slips(const struct publish *p, const char *stem, struct publish_files *out, struct error *e)
{
	static const struct publish_words kind = {{"slips 控え", "控え Slips"}};
	struct bytes title = {0}, footer = {0}, checkpoint = {0}, text = {0};
	struct page_head head;
	struct page *page = NULL;
	int rc = -1;

	publish_head(p, &kind, PUBLISH_JA, &title, &footer, &head);
	checkpoint_text(&checkpoint, bytes_string(&p->v.origin), p->v.entries, p->v.root);
	if (bytes_end(&title, e) || bytes_end(&footer, e) || bytes_end(&checkpoint, e) || !(page = page_new(&head, e)))
		goto out;
	slips_put(p, page, &checkpoint, &text);
	if (text.failed)
		error_memory(e);
	else
		rc = render(page, stem, out, e);
out:
	page_free(&page);
	bytes_free(&title);
	bytes_free(&footer);
	bytes_free(&checkpoint);
	bytes_free(&text);
	return rc;
}
