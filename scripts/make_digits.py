#!/usr/bin/python3
"""Recreates data/digits from the copy of UCI digits that Debian's package python3-sklearn ships.

    make_digits.py [SOURCE] [-o FOLDER]

SOURCE is digits.csv.gz: 1797 lines of 64 pixels (0..16) and a label (0..9). Written are two files in the IDX format
(http://yann.lecun.com/exdb/mnist: big-endian 0, 0, type, dimensions; sizes; bytes) and SHA256SUMS. The output is the
same to the byte every time; the loader in src/datasets/digits.c checks it by an XXH3 hash of its own.
"""
import argparse
import gzip
import hashlib
import pathlib
import struct

SOURCE = "/usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz"


def idx(shape, values):
    """Bytes of an IDX file of unsigned bytes with this shape."""
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape) + bytes(values)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?", default=SOURCE)
    parser.add_argument("-o", "--output", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent / "data" / "digits")
    arguments = parser.parse_args()
    with gzip.open(arguments.source, "rt", encoding="ascii") as lines:
        samples = [[int(float(field)) for field in line.split(",")] for line in lines]
    if len(samples) != 1797 or any(len(s) != 65 or max(s[:64]) > 16 or s[64] > 9 or min(s) < 0 for s in samples):
        raise SystemExit(f"{arguments.source} is not UCI digits")
    files = {
        "images-idx3-ubyte": idx((len(samples), 8, 8), [pixel for s in samples for pixel in s[:64]]),
        "labels-idx1-ubyte": idx((len(samples),), [s[64] for s in samples]),
    }
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (arguments.output / name).write_bytes(content)
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    (arguments.output / "SHA256SUMS").write_text(sums, encoding="ascii")


if __name__ == "__main__":
    main()
