"""What a terminal was sent, byte by byte: is there anything in it that the console has no business to send?"""
import re
import unicodedata

MARKS_MOST = 3
# What curses says to a terminal of the kind used here: moving, clearing, inserting and deleting, attributes, a few modes.
SEQUENCE = re.compile(r"\x1b\[[0-9;]*[HABCDGdJKXPLMrST@b]|\x1b\[(?!8m|[0-9;]*;8(;|m))[0-9;]*m|\x1b\[\?(1|7|12|25|1049|2004)(;(1|7|12|25))*[hl]|"
                      r"\x1b\[(4|34)[hl]|\x1b[()][B0]|\x1b[=>78M]")


def is_hidden(c):
    return unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or \
        (unicodedata.category(c) == "Zs" and c not in " \u3000") or \
        c in "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0" or 0xFE00 <= ord(c) <= 0xFE0F or 0xE0100 <= ord(c) <= 0xE01EF


def faults(data, screens):
    """Sentences about what is wrong with the bytes: of screens, or of lines of text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        return ["no UTF-8: %r" % data[max(0, e.start - 30):e.end + 30]]
    allowed = "\r\n"
    if screens:
        text = SEQUENCE.sub("\x00", text)
        allowed = "\r\n\b\x00\x0e\x0f"
    found, marks = [], 0
    for i, c in enumerate(text):
        marks = marks + 1 if unicodedata.category(c) in ("Mn", "Me") else 0
        if (is_hidden(c) and c not in allowed) or marks > MARKS_MOST:
            found.append("U+%04X in %r" % (ord(c), text[max(0, i - 40):i + 20]))
    return found
