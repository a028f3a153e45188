#!/usr/bin/python3
"""Draws a tmux pane, colours included, as a PNG: what people would see, and what zbarimg can read a QR code from.

usage: picture.py [-L SOCKET] TARGET OUT.png      (or "-" as TARGET: reads `tmux capture-pane -e -p` from stdin)
"""
import re
import subprocess
import sys
import unicodedata
from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/truetype/vlgothic/VL-Gothic-Regular.ttf"
CELL_W, CELL_H, SIZE = 8, 16, 15
FOREGROUND, BACKGROUND = (208, 208, 208), (0, 0, 0)
BASE = [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (60, 90, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
        (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255)]


def colour(index):
    if index < 16:
        return BASE[index]
    if index >= 232:
        return (8 + (index - 232) * 10,) * 3
    index -= 16
    return tuple(0 if v == 0 else 55 + v * 40 for v in (index // 36, index // 6 % 6, index % 6))


class Pen:
    def __init__(self):
        self.reset()

    def reset(self):
        self.fg, self.bg, self.bold, self.dim, self.reverse = None, None, False, False, False

    def sgr(self, numbers):
        it = iter(numbers or [0])
        for n in it:
            if n == 0:
                self.reset()
            elif n == 1:
                self.bold = True
            elif n == 2:
                self.dim = True
            elif n == 7:
                self.reverse = True
            elif n == 27:
                self.reverse = False
            elif n == 22:
                self.bold = self.dim = False
            elif 30 <= n <= 37 or 90 <= n <= 97:
                self.fg = colour(n - 30 if n < 90 else n - 82)
            elif 40 <= n <= 47 or 100 <= n <= 107:
                self.bg = colour(n - 40 if n < 100 else n - 92)
            elif n in (38, 48):
                kind = next(it)
                value = colour(next(it)) if kind == 5 else (next(it), next(it), next(it))
                if n == 38:
                    self.fg = value
                else:
                    self.bg = value
            elif n == 39:
                self.fg = None
            elif n == 49:
                self.bg = None

    def colours(self):
        fg, bg = self.fg or FOREGROUND, self.bg or BACKGROUND
        if self.bold and self.fg is None:
            fg = (255, 255, 255)
        if self.dim:
            fg = tuple(v * 2 // 3 for v in fg)
        return (bg, fg) if self.reverse else (fg, bg)


def cells(character):
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def width(line):
    """In cells, of a line with colours."""
    return sum(cells(c) for c in re.sub(r"\x1b\[[0-9;:]*m|\x1b\([A-Z0-9]|[\x0e\x0f]", "", line))


def draw(text, columns, rows):
    image = Image.new("RGB", (columns * CELL_W, rows * CELL_H), BACKGROUND)
    pencil = ImageDraw.Draw(image)
    font = ImageFont.truetype(FONT, SIZE)
    pen = Pen()
    for y, line in enumerate(text.split("\n")[:rows]):
        x = 0
        for part in re.finditer(r"\x1b\[([0-9;:]*)m|\x1b\([A-Z0-9]|\x0e|\x0f|(.)", line):
            if part.group(2) is None:
                if part.group(1) is not None:
                    pen.sgr([int(n) for n in re.split("[;:]", part.group(1)) if n])
                continue
            c = part.group(2)
            wide = cells(c)
            fg, bg = pen.colours()
            left, top = x * CELL_W, y * CELL_H
            if wide:
                pencil.rectangle((left, top, left + wide * CELL_W - 1, top + CELL_H - 1), fill=bg)
            if c in "▀▄█":
                half = top + CELL_H // 2
                box = {"▀": (top, half - 1), "▄": (half, top + CELL_H - 1), "█": (top, top + CELL_H - 1)}[c]
                pencil.rectangle((left, box[0], left + CELL_W - 1, box[1]), fill=fg)
            elif c == "─":
                pencil.line((left, top + CELL_H // 2, left + CELL_W - 1, top + CELL_H // 2), fill=fg)
            elif c == "│":
                pencil.line((left + CELL_W // 2, top, left + CELL_W // 2, top + CELL_H - 1), fill=fg)
            elif c != " ":
                pencil.text((left - (CELL_W if wide == 0 else 0), top), c, font=font, fill=fg)
            x += wide
    return image


def tmux(socket, *words):
    return subprocess.run(["tmux", *(["-L", socket] if socket else []), *words], check=True, capture_output=True, text=True).stdout


def main(argv):
    socket = None
    if argv[:1] == ["-L"]:
        socket, argv = argv[1], argv[2:]
    if len(argv) != 2:
        sys.exit(__doc__)
    if argv[0] == "-":
        text = sys.stdin.read()
        lines = text.rstrip("\n").split("\n")
        columns, rows = max(map(width, lines)), len(lines)
    else:
        text = tmux(socket, "capture-pane", "-e", "-p", "-N", "-t", argv[0])
        columns, rows = map(int, tmux(socket, "display", "-p", "-t", argv[0], "#{pane_width} #{pane_height}").split())
    draw(text, columns, rows).save(argv[1])


if __name__ == "__main__":
    main(sys.argv[1:])
