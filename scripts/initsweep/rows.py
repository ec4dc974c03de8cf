"""The tables of the program: its initialisers, activations, losses, ... with their parameters, as `initsweep list
--json` prints them.

rows.json beside this file is that output. A test compares it with the program; after a change of a table renew it:

    build/release/initsweep list --json > scripts/initsweep/rows.json
"""
from __future__ import annotations

import functools
import json
import pathlib
from typing import Any, NamedTuple

PATH = pathlib.Path(__file__).with_name("rows.json")


class Row(NamedTuple):
    """One row of a table. defaults: of its parameters, by name. facts: what the program says of it, by name."""
    name: str
    formula: str
    source: str
    defaults: dict[str, Any]
    facts: dict[str, Any]


@functools.cache
def tables() -> dict[str, dict[str, Row]]:
    """All tables: {table: {row: Row}}, both in the program's order."""
    content = json.loads(PATH.read_text(encoding="utf-8"))
    return {part["name"]: {row["name"]: Row(row["name"], row["formula"], row["source"],
                                            {one["name"]: one["default"] for one in row["parameters"]},
                                            row.get("facts", {}))
                           for row in part["rows"]} for part in content}


def table(name: str) -> dict[str, Row]:
    """The rows of a table by name, in the program's order: "activations", "initializers", "losses", "optimizers",
    ..."""
    return tables()[name]
