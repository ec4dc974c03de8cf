"""Fenced blocks of a Markdown page."""
import dataclasses
import pathlib
import re


@dataclasses.dataclass
class Block:
    """One fenced block: its language, its text, the number of its first line (from 1, the fence), the file that the
    paragraph before it says to save it as ("Save this as `NAME`:", or None), and the file that the paragraph begins
    with and shows ("`NAME` ... :", or None)."""

    language: str
    text: str
    line: int
    saved_as: str | None
    shows: str | None


def blocks(page: pathlib.Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for fence in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        before = text[: fence.start()].rstrip()
        saved = re.search(r"[Ss]ave [^\n`]*as `([^`\n]+)`[^\n`]*:$", before)
        shows = re.search(r"^`([\w-]+\.\w+)`[^`]*:$", before.rpartition("\n\n")[2])
        found.append(Block(fence[1], fence[2], text.count("\n", 0, fence.start()) + 1, saved and saved[1],
                           shows and shows[1]))
    return found
