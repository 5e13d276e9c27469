#!/usr/bin/env python3
"""Every relative link of the Markdown files leads to a file that exists, and to a heading in it: check_links.py [FILE...]"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def anchors(text):
    """The ids of the headings as GitHub makes them: letters, digits, - and _ stay, a space is -, a second one gets -1."""
    out = {}
    for heading in HEADING.findall(re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        seen = out.get(name, 0)
        out[name] = seen + 1
        if seen:
            out[f"{name}-{seen}"] = 1
    return out


def broken(file):
    for link in LINK.findall(CODE.sub("", file.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (file.parent / path).resolve() if path else file
        if not target.exists():
            yield f"{file.relative_to(ROOT)}: {link}: there is no such file"
        elif anchor and anchor not in anchors(target.read_text()):
            yield f"{file.relative_to(ROOT)}: {link}: there is no such heading"


def main():
    files = [Path(name).resolve() for name in sys.argv[1:]] or sorted(
        [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/**/*.md"), *ROOT.glob("tests/**/*.md")]
    )
    faults = [fault for file in files for fault in broken(file)]
    print("\n".join(faults) or f"all links of {len(files)} files lead somewhere")
    sys.exit(1 if faults else 0)


main()
