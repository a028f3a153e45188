/* Rows of text: nothing is lost, nothing is wider than its area, Japanese too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "screens/flow.h"

static void rows_fit_and_lose_nothing(void **state)
{
	static const char *const texts[] = {"The administrator reads this step aloud, and everyone listens.",
	        "式典管理者は、この手順を声に出して読み上げてください。「確認」のあと、次へ進みます。",
	        "x\u0301x\u0301e\u0301e\u0301 combining", "a\x1b[2Jb\tc\u202ed\xff p\u0430ypal",
	        "averyveryverylongwordthathasnoplacetobreakatall", "a\nb\n\nc", "",
	        "か\u3099か\u3099か\u3099か\u3099か\u3099"};
	static const enum flow_style styles[] = {FLOW_PLAIN, FLOW_FIXED};

	(void)state;
	for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++)
		for (size_t s = 0; s < 2; s++)
			for (unsigned width = 4; width < 40; width++) {
				struct bytes all = {0}, wanted = {0}, visible = {0};
				struct flow flow = {0};

				flow_add(&flow, styles[s], width, NULL, texts[t]);
				assert_true(flow.rows > 0);
				for (size_t i = 0; i < flow.rows; i++) {
					size_t len;
					const char *row = flow_text(&flow, i, &len);

					assert_true(text_is_utf8(row, len));
					assert_true(text_cells(row, len) <= width);
					for (size_t b = 0; b < len; b++)
						if (row[b] != ' ')
							bytes_byte(&all, (uint8_t)row[b]);
				}
				text_lines(&visible, texts[t], strlen(texts[t]));
				for (const char *b = bytes_string(&visible); *b; b++)
					if (*b != ' ' && *b != '\n')
						bytes_byte(&wanted, (uint8_t)*b);
				assert_string_equal(bytes_string(&all), bytes_string(&wanted));
				bytes_free(&all);
				bytes_free(&wanted);
				bytes_free(&visible);
				flow_free(&flow);
			}
}

static void a_list_keeps_what_is_wanted_in_view(void **state)
{
	(void)state;
	for (size_t count = 0; count < 30; count++)
		for (size_t height = 1; height < 12; height++)
			for (size_t wanted = 0; wanted < count; wanted++) {
				size_t first = flow_first(count, height, wanted);

				assert_true(first <= wanted && wanted < first + height);
				assert_true(count <= height ? first == 0 : first + height <= count);
			}
}

static void a_document_says_its_warnings_in_words(void **state)
{
	struct line lines[] = {
	        {.style = LINE_HEADING, .text = "Proposal"}, {.style = LINE_WARNING, .text = "not seen"}};
	struct flow flow = {0};
	size_t len;

	(void)state;
	flow_lines(&flow, 40, lines, 2);
	assert_int_equal(flow.rows, 2);
	assert_memory_equal(flow_text(&flow, 1, &len), "! not seen", 10);
	assert_int_equal(flow.row[0].style, FLOW_HEADING);
	flow_cursor_here(&flow);
	assert_int_equal(flow.cursor_row, 1);
	assert_int_equal(flow.cursor_column, 10);
	flow_free(&flow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rows_fit_and_lose_nothing),
	        cmocka_unit_test(a_list_keeps_what_is_wanted_in_view),
	        cmocka_unit_test(a_document_says_its_warnings_in_words),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
