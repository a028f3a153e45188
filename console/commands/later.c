/* What was added to a record after its close, said beside the verdicts. */
#include <libintl.h>
#include <stdio.h>

#include "base/file.h"
#include "base/print.h"
#include "base/text.h"
#include "commands/commands.h"

enum { ANCHORS_FILE_MAX = 1 << 20 };

int anchors_read(struct timestamp_anchors **anchors, const char *path, struct error *e)
{
	struct bytes data = {0};
	int rc = -1;

	if (!*anchors && !(*anchors = timestamp_anchors_new(e)))
		return -1;
	if (file_read(path, ANCHORS_FILE_MAX, &data, e) == 0)
		rc = timestamp_anchors_add(*anchors, data.data, data.len, path, e);
	bytes_free(&data);
	return rc;
}

static void why(const struct later_item *item, bool translate, struct bytes *out)
{
	const char *id = item->message.id;

	if (id)
		message_text(&item->message, translate && *id ? gettext(id) : NULL, out);
}

static void print_stamp(const struct later_item *item, int64_t ended)
{
	const struct timestamp *t = &item->stamp;
	char time[TIME_TEXT];

	time_format(t->time, time);
	print_out(gettext("  time: %s\n"), time);
	if (t->accuracy.len)
		print_out(gettext("  accuracy: %s\n"), bytes_string(&t->accuracy));
	print_out(gettext("  by: %s\n"), bytes_string(&t->who));
	print_out(gettext("  policy: %s\n"), bytes_string(&t->policy));
	print_out(gettext("  serial number: %s\n"), bytes_string(&t->serial));
	if (item->state == LATER_HOLDS)
		print_out(gettext("  under the trust anchor: %s\n"), bytes_string(&t->anchor));
	else
		print_out(gettext("  trust anchor: none was given, so who the authority is stands open\n"));
	if (t->time / 1000 < ended / 1000)
		print_out(gettext("  This is %lld s before the end of the ceremony by the console's clock: one of the "
		                  "two "
		                  "clocks was wrong.\n"),
		        (long long)(ended / 1000 - t->time / 1000));
}

static void print_cosignature(const struct later_item *item)
{
	char time[TIME_TEXT];

	time_format_seconds(item->seconds, time);
	print_out(gettext("later: %s: cosignature of %s: holds (%s)\n"), bytes_string(&item->path),
	        bytes_string(&item->name), time);
}

void later_print_item(const struct later_item *item, int64_t ended)
{
	const char *path = bytes_string(&item->path);
	struct bytes text = {0};

	why(item, true, &text);
	if (item->state == LATER_BAD && item->kind == LATER_TIMESTAMP)
		print_out(gettext("later: %s: time stamp: DOES NOT HOLD: %s\n"), path, bytes_string(&text));
	else if (item->state == LATER_BAD)
		print_out(gettext("later: %s: cosignature of %s: DOES NOT HOLD: %s\n"), path,
		        item->name.len ? bytes_string(&item->name) : "?", bytes_string(&text));
	else if (item->state == LATER_NOT_JUDGED && item->name.len)
		print_out(gettext("later: %s: cosignature of %s: not judged: %s\n"), path, bytes_string(&item->name),
		        bytes_string(&text));
	else if (item->state == LATER_NOT_JUDGED)
		print_out(gettext("later: %s: not judged: %s\n"), path, bytes_string(&text));
	else if (item->kind == LATER_COSIGNATURE)
		print_cosignature(item);
	else
		print_out(gettext("later: %s: time stamp: holds\n"), path);
	if (item->kind == LATER_TIMESTAMP && item->state <= LATER_UNANCHORED)
		print_stamp(item, ended);
	bytes_free(&text);
}

void later_print(const struct verification *v)
{
	for (size_t i = 0; i < v->later.count; i++)
		later_print_item(&v->later.item[i], v->ended);
}

static void json_stamp(struct json_writer *j, const struct later_item *item)
{
	const struct timestamp *t = &item->stamp;
	char time[TIME_TEXT];

	time_format(t->time, time);
	json_member_text(j, "time", time);
	json_member_text(j, "accuracy", t->accuracy.len ? bytes_string(&t->accuracy) : NULL);
	json_member_text(j, "by", bytes_string(&t->who));
	json_member_text(j, "policy", bytes_string(&t->policy));
	json_member_text(j, "serial_number", bytes_string(&t->serial));
	json_member_text(j, "hash", t->hash);
	json_member_text(j, "under", t->anchor.len ? bytes_string(&t->anchor) : NULL);
}

static void json_item(struct json_writer *j, const struct later_item *item)
{
	static const char *const kinds[] = {"timestamp", "cosignature", "other"}, *const states[] = {"holds",
	                                                                                  "no-anchor", "bad",
	                                                                                  "not-judged"};
	struct bytes text = {0};
	char time[TIME_TEXT];

	why(item, false, &text);
	json_begin_object(j);
	json_member_text(j, "path", bytes_string(&item->path));
	json_member_text(j, "kind", kinds[item->kind]);
	json_member_text(j, "state", states[item->state]);
	json_member_text(j, "why", text.len ? bytes_string(&text) : NULL);
	if (item->kind == LATER_TIMESTAMP && item->state <= LATER_UNANCHORED)
		json_stamp(j, item);
	if (item->kind == LATER_COSIGNATURE) {
		time_format_seconds(item->seconds, time);
		json_member_text(j, "person", item->name.len ? bytes_string(&item->name) : NULL);
		json_member_text(j, "time", item->state == LATER_HOLDS ? time : NULL);
	}
	json_end_object(j);
	bytes_free(&text);
}

void later_json(struct json_writer *j, const struct verification *v)
{
	json_key(j, "later");
	json_begin_array(j);
	for (size_t i = 0; i < v->later.count; i++)
		json_item(j, &v->later.item[i]);
	json_end_array(j);
}
