#!/usr/bin/python3
"""Whether a program has the usual hardening: test_hardening.py PROGRAM. Reads it by readelf."""
import re
import subprocess
import sys


def missing(program: str) -> list[str]:
    """What the program lacks of: position-independent, read-only relocations bound at once, no executable stack,
    checked stack, checked string functions."""
    text = subprocess.run(["readelf", "-hldW", "--dyn-syms", program], capture_output=True, text=True,
                          check=True).stdout
    signs = {
        "position-independent executable": r"FLAGS_1\).*\bPIE\b",
        "read-only relocations": r"GNU_RELRO",
        "relocations bound at start": r"FLAGS_1\).*\bNOW\b",
        "stack that is not executable": r"GNU_STACK +\S+ \S+ \S+ \S+ \S+ RW +0x",
        "stack protector": r"__stack_chk_fail",
        "_FORTIFY_SOURCE": r"__v?snprintf_chk",
    }
    return [what for what, sign in signs.items() if not re.search(sign, text)]


if __name__ == "__main__":
    lacks = missing(sys.argv[1])
    print("lacks: " + ", ".join(lacks) if lacks else "hardened")
    sys.exit(bool(lacks))
