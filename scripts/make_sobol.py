#!/usr/bin/python3
"""Recreates src/sweep/sobol.def, the direction numbers of Sobol's sequence, from the copy of Joe & Kuo's table
new-joe-kuo-6.21201 that Debian's package python3-scipy ships.

    make_sobol.py [SOURCE] [-o FILE]

SOURCE is _sobol_direction_numbers.npz. One line per dimension: the primitive polynomial as a number whose bit k is the
coefficient of x^k, and m_1, m_2, ... up to its degree. The output is the same to the byte every time.
"""
import argparse
import pathlib

import numpy

SOURCE = "/usr/lib/python3/dist-packages/scipy/stats/_sobol_direction_numbers.npz"
DIMENSIONS = 100  # as many as a grid can have axes

HEAD = """\
/* Direction numbers of Sobol's sequence, written by scripts/make_sobol.py: for each dimension its primitive polynomial,
 * bit k the coefficient of x^k, and m_1, m_2, ... They are the first rows of new-joe-kuo-6.21201 (S. Joe and F. Y. Kuo,
 * SIAM J. Sci. Comput. 30, 2635-2654, 2008), copyright 2008 Frances Y. Kuo and Stephen Joe, under the BSD licence of
 * three clauses, whose text is in packaging/debian/copyright. The includer undefines the macro. */
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?", default=SOURCE)
    parser.add_argument("-o", "--output", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent / "src" / "sweep" / "sobol.def")
    arguments = parser.parse_args()
    with numpy.load(arguments.source) as table:
        rows = zip(table["poly"][:DIMENSIONS].tolist(), table["vinit"][:DIMENSIONS].tolist())
        lines = [f"ISW_SOBOL({polynomial}, {', '.join(map(str, first[:max(polynomial.bit_length() - 1, 1)]))})\n"
                 for polynomial, first in rows]
    arguments.output.write_text(HEAD + "".join(lines), encoding="ascii")


if __name__ == "__main__":
    main()
