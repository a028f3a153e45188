/* F5: what was made or taken in, with its hash. */
#include "screens/console.h"

#include <string.h>

#include "media/frames.h"
#include "screens/say.h"

static struct shown artifacts_draw(const struct console *c, struct area a)
{
	unsigned width = (unsigned)a.width;
	struct flow flow = {0}, bottom = {0};
	struct bytes text = {0};
	struct shown shown;
	uint8_t sha[32];

	flow_add(&flow, FLOW_HEADING, width, NULL, _("Artifacts"));
	for (size_t i = 0; i < c->v->artifacts; i++) {
		const struct view_artifact *artifact = &c->v->artifact[i];

		bytes_clear(&text);
		bytes_printf(
		        &text, "%s  %s  %llu", artifact->path, artifact->type, (unsigned long long)artifact->bytes);
		flow_add(&flow, i == c->over_cursor ? FLOW_CHOSEN : FLOW_PLAIN, width,
		        i == c->over_cursor ? "> " : "  ", bytes_string(&text));
	}
	if (c->v->artifacts == 0)
		flow_add(&flow, FLOW_DIM, width, NULL, _("There are no artifacts yet."));
	if (c->over_cursor < c->v->artifacts) {
		const char *hex = c->v->artifact[c->over_cursor].sha256;

		if (hex_decode(hex, strlen(hex), sha, sizeof(sha)) == 0) {
			bytes_clear(&text);
			say_hex_groups(&text, sha, sizeof(sha));
			flow_add(&bottom, FLOW_PLAIN, width, "SHA-256: ", bytes_string(&text));
			bytes_clear(&text);
			say_words(&text, sha, sizeof(sha));
			flow_add(&bottom, FLOW_PLAIN, width, NULL, bytes_string(&text));
		}
	}
	shown = body_split(a, &flow, &bottom, c->over_scroll);
	bytes_free(&text);
	flow_free(&flow);
	flow_free(&bottom);
	return shown;
}

/* Its bytes themselves as a code, or several. */
static void content_open(struct console *c)
{
	size_t chosen = c->over_cursor;
	struct error e = {0};

	bytes_free(&c->content);
	if (c->v->artifact[chosen].bytes == 0 || c->v->artifact[chosen].bytes > FRAMES_BYTES) {
		c->hint = N_("It is empty, or too large for codes: it is carried out on a medium.");
		return;
	}
	if (engine_artifact(c->g, chosen, FRAMES_BYTES, &c->content, &e) < 0) {
		bytes_free(&c->content);
		c->hint = N_("It cannot be read, or is no longer what its entry says.");
		return;
	}
	console_open(c, &overlay_artifact_code);
	c->over_cursor = chosen;
}

static bool artifacts_key(struct console *c, const struct press *key)
{
	if (key->kind == PRESS_UP && c->over_cursor > 0) {
		c->over_cursor--;
	} else if (key->kind == PRESS_DOWN && c->over_cursor + 1 < c->v->artifacts) {
		c->over_cursor++;
	} else if (key->kind == PRESS_ENTER && c->over_cursor < c->v->artifacts) {
		size_t chosen = c->over_cursor;

		bytes_free(&c->content);
		console_open(c, &overlay_artifact_code);
		c->over_cursor = chosen;
		return false;
	} else if (key->kind == PRESS_TEXT && (key->text[0] == 'c' || key->text[0] == 'C') &&
	           c->over_cursor < c->v->artifacts) {
		content_open(c);
		return false;
	} else {
		scroll_press(&c->over_scroll, &c->over_shown, key, false);
	}
	c->over_scroll = c->over_cursor > 2 ? c->over_cursor - 2 : 0;
	return key->kind == PRESS_ESCAPE;
}

static void artifacts_keys(const struct console *c, struct bytes *out)
{
	if (c->v->artifacts > 0)
		bytes_text(out, _("[Up Down] choose [Enter] QR code of its hash [C] of all of it "));
	bytes_text(out, _("[Esc] back "));
}

const struct screen_ops overlay_artifacts = {
        .name = "artifacts",
        .draw = artifacts_draw,
        .key = artifacts_key,
        .keys = artifacts_keys,
};
