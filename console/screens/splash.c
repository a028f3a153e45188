/* The first screen: painted before anything takes time, so that nobody types into a terminal that seems dead. */
#include "screens/screens.h"

#include <curses.h>
#include <string.h>

#include "base/text.h"
#include "screens/paint.h"

void splash_show(const char *title, const char *sentence)
{
	int rows, columns;

	if (paint_start(NULL) < 0)
		return;
	paint_size(&rows, &columns);
	paint_clear();
	paint_row(0, 0, columns, PAINT_TITLE, " Tachiai");
	unsigned cells = text_cells(title, strlen(title));
	int margin = cells < (unsigned)columns ? (columns - (int)cells) / 2 : 0;
	paint_row(1, 0, columns, PAINT_BAND, "");
	paint_row(1, margin, columns - margin, PAINT_BAND, title);
	paint_row(rows / 2, 2, columns - 2, PAINT_BAR, sentence);
	paint_show();
}

void splash_end(void)
{
	if (stdscr && !isendwin())
		paint_stop();
}
