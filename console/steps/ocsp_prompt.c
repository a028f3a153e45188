/* What the approvers of OCSP responses see: how many of each status, the list where it is short, the first and the last
 * response in full. */
#include "base/text.h"
#include "steps/ocsp.h"
#include "steps/step.h"

enum { SHOWN_MAX = 200 };

static int view_one(struct prompt *p, const struct ocsp_set *set, size_t i, struct error *e)
{
	uint8_t room[OCSP_TBS_MAX];
	const uint8_t *tbs;
	struct bytes view = {0};
	size_t len;
	int rc = ocsp_tbs(set->batch, &set->list.item[i], room, &tbs, &len, e) < 0 || ocsp_view(tbs, len, &view, e) < 0
	                 ? -1
	                 : 0;

	if (rc == 0 && prompt_lines(p, bytes_string(&view)) < 0)
		rc = error_memory(e);
	bytes_free(&view);
	return rc;
}

/* How many there are of each status. */
static int view_counts(struct prompt *p, const struct ocsp_set *set)
{
	size_t count[2 + REASON_AA_COMPROMISE] = {0};

	for (size_t i = 0; i < set->list.count; i++)
		count[set->list.item[i].time < 0 ? 0 : 1u + set->list.item[i].reason]++;
	if (prompt_message(p, LINE_PLAIN, N_("Not revoked: %zu"), count[0]) < 0)
		return -1;
	for (unsigned reason = 0; reason <= REASON_AA_COMPROMISE; reason++)
		if (count[1 + reason] && prompt_message(p, LINE_PLAIN, N_("Revoked, %s: %zu"), crl_reason_name(reason),
		                                 count[1 + reason]) < 0)
			return -1;
	return 0;
}

static int view_list(struct prompt *p, const struct ocsp_set *set)
{
	struct bytes line = {0};
	char time[TIME_TEXT];
	int rc = prompt_message(p, LINE_HEADING, N_("All certificates, and their status"));

	for (size_t i = 0; rc == 0 && i < set->list.count; i++) {
		const struct crl_entry *entry = &set->list.item[i];
		bytes_clear(&line);
		serial_hex(&line, entry->serial);
		if (entry->time >= 0) {
			time_format_seconds(entry->time, time);
			bytes_printf(&line, "  revoked %s %s", time, crl_reason_name(entry->reason));
		} else {
			bytes_text(&line, "  good");
		}
		rc = bytes_end(&line, NULL) < 0 ? -1 : prompt_line(p, LINE_FIXED, bytes_string(&line));
	}
	bytes_free(&line);
	return rc;
}

int ocsp_prompt(const struct ocsp_set *set, const char *list, struct prompt *p, struct error *e)
{
	size_t count = set->list.count;

	if (view_counts(p, set) < 0 || (count <= SHOWN_MAX && view_list(p, set) < 0) ||
	        (count > SHOWN_MAX &&
	                prompt_message(p, LINE_PLAIN, N_("The list of all of them is in the record: %s"), list) < 0) ||
	        prompt_message(p, LINE_HEADING, N_("The first response, as it will be signed")) < 0)
		return error_memory(e);
	if (view_one(p, set, 0, e) < 0)
		return -1;
	if (count < 2)
		return 0;
	if (prompt_message(p, LINE_HEADING, N_("The last response, as it will be signed")) < 0)
		return error_memory(e);
	return view_one(p, set, count - 1, e);
}
