#!/usr/bin/python3
"""Writes a made-up verdicts.json, its figures and sweep files: every kind of figure, all four verdicts, odd characters,
numbers that are none.

    sample_report.py FOLDER
"""
import json
import math
import pathlib
import sys

NAUGHTY = ("</script><script>window.broken = 1</script><img src=x onerror=\"window.broken = 1\"> & ' \""
           " $x^2$ \u2028 ünïcødé 零 \\n")

SWEEP = """# C01: a network of zeros never moves. <b>Not bold</b> & plain.
sweep: odd-characters
seed: 2026
dataset: {name: xor}
grid:
  network.init: [zeros, glorot_uniform]
"""


def decay(rate, last=5000, floor=0.0):
    """Steps and a loss that falls; step 0 is there, as on every record."""
    steps = [0] + sorted({round(10 ** (i / 10)) for i in range(int(10 * math.log10(last)) + 1)})
    return steps, [max(floor, 0.5 * math.exp(-rate * step)) for step in steps]


def curves():
    series = []
    for depth in (1, 2, 3):
        for activation in ("sigmoid", "tanh", "relu"):
            for i, init in enumerate(("zeros", "constant 0.1", "glorot_uniform")):
                steps, loss = decay(0.0 if i == 0 else 0.002 * i / depth)
                series.append({"label": init, "x": steps, "y": loss, "low": [0.8 * y for y in loss],
                               "high": [1.2 * y for y in loss], "keys": {"activation": activation, "depth": depth}})
    series[4]["y"][5] = None
    series[7]["y"][3] = math.nan
    series[8]["y"][-1] = math.inf
    return {"id": "C01-loss", "kind": "curves", "title": f"Loss {NAUGHTY}", "description": f"Loss over steps {NAUGHTY}",
            "x": {"label": "step", "unit": "1", "scale": "log"}, "y": {"label": "loss", "unit": "nats", "scale": "log"},
            "select": [{"name": "activation", "options": ["sigmoid", "tanh", "relu"]},
                       {"name": "depth", "options": [1, 2, 3]}],
            "series": series}


def crowd():
    """Twelve lines, each with x of its own, one of them with nothing to draw."""
    series = [{"label": f"replicate {i}", "x": [i + 10 * j for j in range(20)],
               "y": [math.sin(0.3 * j + i) for j in range(20)]}
              for i in range(11)]
    series.append({"label": "nothing here", "x": [0, 1], "y": [None, math.nan]})
    return {"id": "C01-crowd", "kind": "curves", "title": "Twelve lines", "description": "Sines with a phase each.",
            "x": {"label": "step"}, "y": {"label": "displacement", "unit": "mm", "scale": "linear"}, "series": series}


def points():
    eps = [10.0**-k for k in range(1, 8)]
    series = [{"label": f"{law}", "x": eps, "y": [factor / e**power for e in eps],
               "low": [0.7 * factor / e**power for e in eps],
               "high": [1.4 * factor / e**power for e in eps], "line": True} for law, factor,
              power in (("L = 1", 40, 0.1), ("L = 2", 3, 1))]
    series.append({"label": "twice the same x", "x": [0.01, 0.01, 0.0], "y": [30, 50, 10]})
    return {"id": "C02-escape", "kind": "points", "title": "Escape time",
            "description": "Steps to escape by the size of the noise.",
            "x": {"label": "noise", "scale": "log"}, "y": {"label": "escape time", "unit": "steps", "scale": "log"},
            "series": series}


def categories():
    return {"id": "C02-rates", "kind": "points", "title": "Share that succeeds",
            "description": "Success by initialiser.",
            "x": {"label": "initialiser", "categories": ["zeros", "constant", "a_rather_long_initialiser_name",
                                                         "he_normal"]},
            "y": {"label": "success", "unit": "%", "scale": "linear"},
            "series": [{"label": "", "x": ["zeros", "constant", "a_rather_long_initialiser_name", "he_normal"],
                        "y": [0, 12.5, 77, None], "low": [0, 9, 70, None], "high": [3, 16, 83, None]}]}


def small_map():
    return {"id": "C03-map", "kind": "heatmap", "title": "Who moves", "description": "Distinct units by initialiser "
                                                                                     "and activation.",
            "x": {"label": "activation", "categories": ["sigmoid", "tanh", "relu", "sin"]},
            "y": {"label": "init", "categories": ["zeros", "constant <0.1>", "random"]},
            "value_label": "distinct units", "cells": [[1, 1, 1, math.nan], [1, 1, None, 1], [8, 7, 8, 8]]}


def chosen_map():
    maps = [{"keys": {"optimiser": name}, "cells": [[10.0 ** (-i - j - k) if i < 5 else 0.0 for i in range(6)]
                                                    for j in range(4)]}
            for k, name in enumerate(("sgd", "adam"))]
    return {"id": "C03-chosen", "kind": "heatmap", "title": "Final loss",
            "description": "Final loss by depth and width.",
            "x": {"label": "width", "unit": "units", "categories": ["1", "2", "4", "8", "16", "32"]},
            "y": {"label": "depth", "categories": [1, 2, 3, 4]},
            "value_label": "loss (median of 100 replicates, as a share of the best constant's)",
            "select": [{"name": "optimiser", "options": ["sgd", "adam"]}], "series": maps}


def large_map():
    size = 64
    cells = [[math.cos(0.15 * i) * math.sin(0.1 * j) if (i - j) % 17 else None for i in range(size)]
             for j in range(size)]
    return {"id": "C03-large", "kind": "heatmap", "title": "A large map",
            "description": "4,096 cells and a line over them.",
            "x": {"label": "weight std", "scale": "linear", "categories": [0.5 + 0.03 * i for i in range(size)]},
            "y": {"label": "depth", "categories": list(range(1, size + 1))}, "value_label": "accuracy", "cells": cells,
            "series": [{"label": "depth scale of the theory", "x": [0.5, 1.0, 1.5, 2.0], "y": [2, 12, 55, 20]}]}


def claim(name, verdict, figures, **more):
    result = {"id": name, "claim": f"Claim {name}: {NAUGHTY}", "answer": f"In short: {NAUGHTY}", "verdict": verdict,
              "condition": None,
              "number": {"name": "largest gradient", "value": 0.0, "unit": "1"},
              "margin": {"value": 0.25, "threshold": 0.05, "text": "5 times the threshold of 0.05"},
              "prediction": verdict, "agrees": True, "overturned_by": "one weight that moves <at all>",
              "evidence": [{"rule": "all_zero", "statement": "every gradient is 0.0", "side": "for", "value": 0.0,
                            "interval": None, "threshold": 0, "holds": True},
                           {"rule": "rate_below", "statement": "success rate below 5 %", "side": "control",
                            "value": 0.0123456, "interval": [1e-7, 0.031], "threshold": 0.05, "holds": True,
                            "count": 1200, "groups": 3, "detects": 0.09},
                           {"rule": "odd_values", "statement": f"values that are none {NAUGHTY}", "value": math.nan,
                            "interval": [None, math.inf],
                            "side": "against", "threshold": [0.2499, 0.2501], "holds": False},
                           {"rule": "undecided", "statement": "an interval on both sides", "side": "for", "value": 0.05,
                            "interval": [0.01, 0.09], "threshold": 0.05, "holds": None}],
              "paragraph": f"A first paragraph with `code`.\n\nA second one. {NAUGHTY}",
              "sweeps": ["data/claims/C01.yaml"],
              "commands": ["mpirun -n 2 initsweep run data/claims/C01.yaml -o 'out/claims/C01 <1>.h5'"],
              "figures": figures}
    return {**result, **more}


def write(folder):
    """Writes FOLDER/verdicts.json, FOLDER/figures/, FOLDER/data/claims/ and FOLDER/docs/."""
    folder = pathlib.Path(folder)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    (folder / "data/claims").mkdir(parents=True, exist_ok=True)
    (folder / "data/claims/C01.yaml").write_text(SWEEP, encoding="utf-8")
    (folder / "docs").mkdir(exist_ok=True)
    (folder / "docs/claims.md").write_text("# Theory\n", encoding="utf-8")
    figures = {"C01": [curves(), crowd()], "C02": [points(), categories()],
               "C03": [small_map(), chosen_map(), large_map()], "C04": []}
    names = {name: [figure["id"] for figure in mine] for name, mine in figures.items()}
    claims = [claim("C01", "TRUE", names["C01"]),
              claim("C02", "FALSE", names["C02"], agrees=False, prediction="TRUE",
                    number={"name": "slope", "value": -3.2e-7, "unit": "steps / decade"}),
              claim("C03", "CONDITIONAL", names["C03"], condition="where `g(0) = 0` and x < y",
                    number={"name": "rate", "value": math.nan, "unit": None}),
              claim("C04", "NOT DECIDED", [], evidence=[], commands=[], sweeps=[], overturned_by=None,
                    number={"name": "rate", "value": None, "unit": "%"},
                    margin={"value": None, "threshold": None, "text": ""}, provenance={"seed": 7, "networks": 1200})]
    verdicts = {"format": 2, "program": {"version": "0.1.0", "git": "abc<def>", "libraries": {"hdf5": "1.10.8"}},
                "claims": claims,
                "statistics": {"criteria": 16, "statistical": 4, "confidence": 0.95, "each": 0.9875},
                "looks": [{"look": f"a look {NAUGHTY}", "data": "other seeds", "claims": ["C01"], "change": "a bound"}],
                "discussion": [{"number": 1, "place": "question", "paraphrase": f"zero is dangerous {NAUGHTY}",
                                "claims": ["C01", "C02"]},
                               {"number": 2, "place": "answer 1, comment 3", "paraphrase": "it depends",
                                "claims": ["C03", "C99"]},
                               {"number": 3, "place": "answer 2", "paraphrase": "nothing to decide", "claims": []}]}
    (folder / "verdicts.json").write_text(json.dumps(verdicts, ensure_ascii=False), encoding="utf-8")
    for name, mine in figures.items():
        (folder / f"figures/{name}.json").write_text(json.dumps({"claim": name, "figures": mine}, ensure_ascii=False),
                                                     encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(sys.argv[1])
