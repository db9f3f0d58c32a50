#!/usr/bin/env python3
"""Turns a terminal program's coloured output into an SVG picture.

usage: picture.py COMMAND [FINDING...] < output; of the findings only those numbers, from 1. The one of README:

    go run scripts/scenario.go /tmp/acme && cd /tmp/acme
    script -qec "stty cols 132; whosekey git payments --config acme.toml" /dev/null |
        picture.py "whosekey git payments --config acme.toml" 5 17 > demo.svg
"""
import html
import re
import sys

COLORS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "35": "#d2a8ff", "36": "#76e3ea",
          "90": "#8b949e", "91": "#ffa198", "92": "#7ee787", "93": "#e3b341", "94": "#79c0ff", "95": "#d2a8ff", "96": "#76e3ea"}
WIDTH, LINE, CHAR = 132, 18, 7.83


def spans(line):
    """Yields (text, style) for a line with ANSI sequences."""
    fill, bold, dim = "#e6edf3", False, False
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        m = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if not m:
            if part:
                yield part, f'fill="{"#8b949e" if dim else fill}"' + (' font-weight="bold"' if bold else "")
            continue
        for code in (m[1] or "0").split(";"):
            if code in ("0", "39"):
                fill, bold, dim = "#e6edf3", code != "0" and bold, code != "0" and dim
            elif code == "1":
                bold = True
            elif code == "2":
                dim = True
            elif code == "22":
                bold = dim = False
            elif code in COLORS:
                fill = COLORS[code]


def main():
    text = re.sub(r"\x1b\[\?[0-9;]*[a-zA-Z]", "", sys.stdin.read().replace("\r", ""))
    parts = text.rstrip("\n").split("\n\n")
    if len(sys.argv) > 2:
        parts = [parts[int(n) - 1] for n in sys.argv[2:]] + ["\x1b[2m...\x1b[0m"] + parts[-1:]
    lines = ["\x1b[2m$\x1b[0m " + sys.argv[1]] + "\n\n".join(parts).split("\n")
    height = LINE * len(lines) + 32
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH * CHAR + 32:.0f}" height="{height}">')
    print('<rect width="100%" height="100%" rx="8" fill="#0d1117"/>')
    print('<g font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="13" xml:space="preserve">')
    for n, line in enumerate(lines):
        x, parts = 0, []
        for t, style in spans(line):
            t = t[:max(0, WIDTH - x)]
            parts.append(f'<tspan x="{16 + x * CHAR:.1f}" {style}>{html.escape(t).replace(" ", chr(0xa0))}</tspan>')
            x += len(t)
        print(f'<text y="{LINE * (n + 1) + 12}">{"".join(parts)}</text>')
    print("</g></svg>")


main()
