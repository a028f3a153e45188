"""Text that somebody outside may send: what it would do, and the bytes. The console shows each of them in the saved screen
hostile/NAME.LANGUAGE.txt."""

CASES = [
    # Control sequences: move the cursor, clear, colour, set the title, write the clipboard, ask the terminal to type an answer.
    ("csi", b"a\x1b[2J\x1b[1;1H\x1b[8mhidden\x1b[0m"),
    ("title", b"a\x1b]0;owned\x07b\x1b]2;owned\x1b\\c"),
    ("clipboard", b"a\x1b]52;c;cm0gLXJm\x07b"),
    ("link", b"\x1b]8;;http://example.com/\x1b\\here\x1b]8;;\x1b\\"),
    ("dcs", b"a\x1bP$q\"p\x1b\\\x1b[c\x1b[6nb"),
    ("shift-out", b"a\x0e\x0fb\x1b(0c\x1b#8\x1bc"),
    ("c1-bytes", b"a\x9b2J\x9d0;x\x9c\x90q\x9cb"),
    ("c1-utf8", b"a\xc2\x9b2J\xc2\x9d0;x\xc2\x9c\xc2\x85b"),
    ("backspace", b"Alice\x08\x08\x08\x08\x08Mallory\rBob\x07\x7f"),
    ("tabs", b"a\tb\x0bc\x0cd"),
    ("new-line", b"Alice\n! Approved by all\n> "),
    # Order of writing, and what is not seen.
    ("bidi-override", "CA \u202egro.live\u202c end".encode()),
    ("bidi-isolate", "a\u2066b\u2067c\u2068d\u2069e".encode()),
    ("bidi-marks", "a\u200eb\u200fc\u061cd".encode()),
    ("zero-width", "pay\u200bpal\u2060b\u200cc\u200dd\ufeffe".encode()),
    ("soft-hyphen", b"pay\xc2\xadpal"),
    ("blanks", "a\u00a0b\u2009c\u202fd\u3000e\u205ff".encode()),
    ("separators", "a\u2028b\u2029c\u0085d".encode()),
    ("variation", "a\ufe0eb\ufe0fc\U000e0100d\u180be".encode()),
    ("tags", b"a\xf3\xa0\x81\x81\xf3\xa0\x81\x82\xf3\xa0\x81\xbfb"),
    ("fillers", "a\u1160b\u3164c\uffa0d\u2800e\u034ff".encode()),
    ("private-use", b"a\xee\x80\x80b\xf3\xb0\x80\x80c\xef\xa3\xbfd"),
    ("no-characters", b"a\xef\xbf\xbfb\xef\xb7\x90c\xf0\x9f\xbf\xbfd\xcd\xb8e"),
    # Bytes that are no UTF-8.
    ("invalid", b"a\xffb\xfec\x80d\xbfe"),
    ("overlong", b"a\xc0\xafb\xe0\x80\xafc\xf0\x80\x80\xafd\xc1\x9b"),
    ("surrogates", b"a\xed\xa0\x80b\xed\xbf\xbfc"),
    ("cut-short", b"a\xe7\xab b\xf0\x9f\x94 c\xc3"),
    ("beyond", b"a\xf4\x90\x80\x80b\xf8\x88\x80\x80\x80c"),
    # Marks that are drawn over what stands around them.
    ("zalgo", ("Z" + "\u0316\u0317\u0318" * 3 + "a" + "\u030d\u030e" * 4 + "lgo").encode()),
    ("mark-first", b"\xcc\x81Alice \xcc\x82 \xcc\xb6"),
    ("crossed-out", "A\u0336l\u0336i\u0336c\u0338e\u20dd not \u20e0B".encode()),
    ("written-marks", "Ngũgĩ wa Thiong’o, Nguyễn, ש\u05b8\u05c1לו\u05b9ם, ท\u0e35\u0e48, が, नमस\u094dत\u0947".encode()),
    # Widths: a character of two cells where one is left, in the title's row and in the text beside the steps.
    ("wide-title-edge", ("a" * 78 + "立会").encode()),
    ("wide-row-edge", ("a" * 52 + "立会" + "b" * 51 + "立会い").encode()),
    ("emoji-edge", ("a" * 52 + "🔑" + "b" * 51 + "🔑🔑").encode()),
    ("emoji", "🔑👍🏻👨\u200d👩\u200d👧 \U0001f1ef\U0001f1f5 1\ufe0f\u20e3 ☺\ufe0f".encode()),
    ("ambiguous", "α…①☆─“x”×÷§°±Ω".encode()),
    ("half-width", "ｱｶﾞﾊﾟ Ａ１％".encode()),
    ("jamo", "\u1100\u1161\u11a8 \u1161\u1161\u1161 \u1100\u1100 ㉈ ䷀".encode()),
    ("long-word", ("Donaudampfschifffahrtselektrizitäten" * 4).encode()),
    # Names that are read as another name.
    ("cyrillic-letter", "Ex\u0430mple Root CA".encode()),
    ("cyrillic-word", "\u0420\u0410\u0423\u0420\u0410L, \u0421\u041e\u0421\u041e and \u0422\u043e\u043e".encode()),
    ("greek-word", "\u0391\u0392\u0392 Ltd, \u039c\u03bftor".encode()),
    ("mathematical", "\U0001d404\U0001d431\U0001d41a\U0001d426\U0001d429\U0001d425\U0001d41e \U0001d56e\U0001d56c \u2102A".encode()),
    ("armenian", "\u0555\u054d \u057fest \u0578\u0585".encode()),
    ("japanese-and-latin", "株式会社ABCのルートCA G1、ＡＢＣ（認証局）カード".encode()),
    ("russian", "Удостоверяющий центр, Москва и Осло".encode()),
    ("greek", "Ελληνική αρχή".encode()),
    ("notation", b"a<U+202E>b<FF>"),
]

# Whose screen in Japanese is kept as well: where its own words and the hostile ones meet in width.
JAPANESE = {"csi", "bidi-override", "zalgo", "wide-title-edge", "wide-row-edge", "emoji-edge", "ambiguous", "long-word", "cyrillic-letter",
            "japanese-and-latin", "half-width"}
# Where the lists, too, are opened: one of each class.
LISTS = {"csi", "new-line", "bidi-override", "invalid", "zalgo", "wide-row-edge", "cyrillic-letter"}
