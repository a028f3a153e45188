/* The fonts of printed pages: one family with Latin and Japanese letters, in a configuration of our own. */
#include "media/page_private.h"

#include <string.h>

#include <cairo.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <pango/pangofc-fontmap.h>

const char *const page_families[3] = {"Noto Sans CJK JP", "Noto Sans CJK JP", "Noto Sans Mono CJK JP"};

/* The system's folders, and in them these families only: so no fallback of any kind can step in for a missing glyph,
 * and a page is the same on every machine with the same font. */
static const char configuration[] =
        "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"urn:fontconfig:fonts.dtd\"><fontconfig>"
        "<dir>/usr/share/fonts</dir><dir>/usr/local/share/fonts</dir><cachedir>/var/cache/fontconfig</cachedir>"
        "<selectfont><rejectfont><pattern></pattern></rejectfont><acceptfont>"
        "<pattern><patelt name=\"family\"><string>Noto Sans CJK JP</string></patelt></pattern>"
        "<pattern><patelt name=\"family\"><string>Noto Sans Mono CJK JP</string></patelt></pattern>"
        "</acceptfont></selectfont></fontconfig>";

static FcConfig *config_new(struct error *e)
{
	FcConfig *config = FcConfigCreate();

	if (!config) {
		error_memory(e);
		return NULL;
	}
	if (!FcConfigParseAndLoadFromMemory(config, (const FcChar8 *)configuration, FcTrue) ||
	        !FcConfigBuildFonts(config)) {
		error_set(e, ERROR_INTERNAL, "the fonts of the system cannot be listed%s", "");
		FcConfigDestroy(config);
		return NULL;
	}
	return config;
}

/* The version of the family's regular face (fontconfig's: 16.16); -1 when it is not there. */
static int version(FcConfig *config, const char *family)
{
	FcPattern *pattern = FcPatternBuild(NULL, FC_FAMILY, FcTypeString, family, NULL);
	FcObjectSet *objects = FcObjectSetBuild(FC_FAMILY, FC_FONTVERSION, NULL);
	FcFontSet *set = pattern && objects ? FcFontList(config, pattern, objects) : NULL;
	int found = -1, value;

	for (int i = 0; set && i < set->nfont; i++)
		if (FcPatternGetInteger(set->fonts[i], FC_FONTVERSION, 0, &value) == FcResultMatch && value > found)
			found = value;
	if (set)
		FcFontSetDestroy(set);
	if (objects)
		FcObjectSetDestroy(objects);
	if (pattern)
		FcPatternDestroy(pattern);
	return found;
}

static int there(FcConfig *config, struct error *e)
{
	for (size_t i = 0; i < sizeof(page_families) / sizeof(page_families[0]); i++)
		if (version(config, page_families[i]) < 0)
			return error_set(e, ERROR_MISSING,
			        "the font %s is not installed, in which pages are set: install it (in Debian: the "
			        "package fonts-noto-cjk)",
			        page_families[i]);
	return 0;
}

/* What the bytes of a PDF depend on beside its words. */
static void setting_add(FcConfig *config, struct bytes *out)
{
	int font = version(config, page_families[FACE_TEXT]);
	bytes_printf(out, "cairo %s, pango %s, %s %d.%03d", cairo_version_string(), pango_version_string(),
	        page_families[FACE_TEXT], font >> 16, (int)(((int64_t)(font & 0xffff) * 1000 + 0x8000) >> 16));
}

PangoContext *page_context(const char *language, struct bytes *setting, struct error *e)
{
	PangoContext *context = NULL;
	PangoFontMap *map = NULL;
	cairo_font_options_t *options = NULL;
	FcConfig *config = config_new(e);

	if (!config || there(config, e) < 0)
		goto out;
	setting_add(config, setting);
	map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
	options = cairo_font_options_create();
	if (!map || cairo_font_options_status(options) != CAIRO_STATUS_SUCCESS) {
		error_memory(e);
		goto out;
	}
	pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(map), config);
	pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(map), 72); /* points are the PDF's units */
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	context = pango_font_map_create_context(map);
	pango_cairo_context_set_font_options(context, options);
	pango_context_set_round_glyph_positions(context, FALSE);
	pango_context_set_base_dir(context, PANGO_DIRECTION_LTR);
	pango_context_set_language(context, pango_language_from_string(language));
out:
	if (options)
		cairo_font_options_destroy(options);
	if (map)
		g_object_unref(map);
	if (config)
		FcConfigDestroy(config);
	return context;
}

/* The characters that a run shows by the box of a missing glyph, once each. */
static void missing_add(struct bytes *out, const PangoGlyphItem *item)
{
	for (int i = 0; i < item->glyphs->num_glyphs; i++) {
		PangoGlyph glyph = item->glyphs->glyphs[i].glyph;
		char name[16];
		int n;

		if (!(glyph & PANGO_GLYPH_UNKNOWN_FLAG))
			continue;
		gunichar c = glyph & ~(PangoGlyph)PANGO_GLYPH_UNKNOWN_FLAG;
		n = g_snprintf(name, sizeof(name), "U+%04X", c);
		if (n > 0 && !strstr(bytes_string(out), name) && out->len < 100)
			bytes_printf(out, "%s%s", out->len ? ", " : "", name);
	}
}

int page_covered(PangoLayout *layout, struct error *e)
{
	struct bytes missing = {0};
	PangoLayoutIter *at;

	if (pango_layout_get_unknown_glyphs_count(layout) == 0)
		return 0;
	at = pango_layout_get_iter(layout);
	do {
		PangoLayoutRun *run = pango_layout_iter_get_run_readonly(at);
		if (run)
			missing_add(&missing, run);
	} while (pango_layout_iter_next_run(at));
	pango_layout_iter_free(at);
	error_set(e, ERROR_MISSING, "the font %s has no letters for %s in: %s", page_families[FACE_TEXT],
	        bytes_string(&missing), pango_layout_get_text(layout));
	bytes_free(&missing);
	return -1;
}

int page_setting(struct bytes *out, struct error *e)
{
	FcConfig *config = config_new(e);
	int rc = -1;

	if (config && there(config, e) == 0) {
		setting_add(config, out);
		rc = bytes_end(out, e);
	}
	if (config)
		FcConfigDestroy(config);
	return rc;
}
