#include "screens/slip.h"

#include <stdio.h>

#include "base/print.h"
#include "screens/say.h"

void slip_text(const struct engine_view *v, struct bytes *out)
{
	bytes_printf(out, "%s\n%llu\n", v->origin, (unsigned long long)v->size);
	bytes_base64(out, v->root, sizeof(v->root));
	bytes_byte(out, '\n');
}

void slip_flow(const struct engine_view *v, unsigned width, struct flow *out)
{
	struct bytes text = {0};

	bytes_printf(&text, _("Origin: %s"), v->origin);
	flow_add(out, FLOW_FIXED, width, NULL, bytes_string(&text));
	bytes_clear(&text);
	bytes_printf(&text, _("Size: %llu entries"), (unsigned long long)v->size);
	flow_add(out, FLOW_PLAIN, width, NULL, bytes_string(&text));
	bytes_clear(&text);
	bytes_base64(&text, v->root, sizeof(v->root));
	flow_add(out, FLOW_FIXED, width, NULL, bytes_string(&text));
	bytes_clear(&text);
	say_hex_groups(&text, v->root, sizeof(v->root));
	flow_add(out, FLOW_ENTRY, width, NULL, bytes_string(&text));
	bytes_clear(&text);
	say_words(&text, v->root, sizeof(v->root));
	flow_add(out, FLOW_PLAIN, width, NULL, bytes_string(&text));
	bytes_free(&text);
}

void slip_print(const struct engine_view *v)
{
	struct bytes text = {0};

	print_out("\n# %s\n", _("The slip that everyone takes home"));
	print_out(_("Origin: %s"), v->origin);
	print_out("\n");
	print_out(_("Size: %llu entries"), (unsigned long long)v->size);
	bytes_base64(&text, v->root, sizeof(v->root));
	print_out("\n%s\n%s\n", _("Root:"), bytes_string(&text));
	bytes_clear(&text);
	say_hex_groups(&text, v->root, sizeof(v->root));
	print_out("%s\n", bytes_string(&text));
	bytes_clear(&text);
	say_words(&text, v->root, sizeof(v->root));
	print_out("%s\n", bytes_string(&text));
	print_out("%s\n", _("The QR code itself is shown only on the full screen; it holds:"));
	bytes_clear(&text);
	slip_text(v, &text);
	print_out("%s", bytes_string(&text));
	bytes_free(&text);
}
