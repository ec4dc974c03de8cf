#!/usr/bin/python3
"""One file for a corpus of thousands of small ones, and back.

    corpus.py pack FOLDER FILE.corpus     the inputs of a folder, the shorter ones first
    corpus.py unpack FILE.corpus FOLDER

A .corpus file is a row of inputs, each after its length in two bytes, the lower first; longer inputs are left out.
"""
import hashlib
import os
import sys


def pack(folder: str, name: str) -> None:
    """Writes the inputs of `folder`, sorted by length and bytes."""
    inputs = set()
    for entry in os.scandir(folder):
        with open(entry.path, "rb") as file:
            inputs.add(file.read())
    with open(name, "wb") as file:
        for one in sorted((one for one in inputs if len(one) < 65536), key=lambda one: (len(one), one)):
            file.write(len(one).to_bytes(2, "little") + one)


def unpack(name: str, folder: str) -> None:
    """Writes each input into `folder`, named by its SHA-1 as libFuzzer does."""
    os.makedirs(folder, exist_ok=True)
    with open(name, "rb") as file:
        while head := file.read(2):
            one = file.read(int.from_bytes(head, "little"))
            with open(os.path.join(folder, hashlib.sha1(one, usedforsecurity=False).hexdigest()), "wb") as out:
                out.write(one)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("pack", "unpack"):
        sys.exit(__doc__)
    (pack if sys.argv[1] == "pack" else unpack)(sys.argv[2], sys.argv[3])
