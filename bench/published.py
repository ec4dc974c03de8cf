#!/usr/bin/python3
"""The published benchmark: bench/results/published.json is the source of tables in README.md and docs/benchmarks.md.

    bench/published.py [--from out/bench.json]

With --from, the medians of that run of bench/run.py become the published ones. Then the tables in both pages are
written from published.json; tests/docs/test_feature_table.py compares them.
"""
import argparse
import json
import pathlib
import re
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[1]
PUBLISHED = SOURCE / "bench/results/published.json"
PAGES = ("README.md", "docs/benchmarks.md")
TITLES = {"torch_autograd": "PyTorch autograd", "torch_eager": "PyTorch eager", "torch_bmm": "PyTorch bmm",
          "torch_vmap": "PyTorch vmap", "torch_lanes": "PyTorch lanes", "numpy_batched": "NumPy", "scalar_c": "C -O3",
          "scalar_c_fast": "C -O3 fast", "fann": "FANN"}
PYTORCH = ("torch_autograd", "torch_eager", "torch_bmm", "torch_vmap")
OTHERS = ("numpy_batched", "scalar_c", "scalar_c_fast", "fann")
BY_HAND = ("torch_bmm", "torch_lanes", "numpy_batched")
IN_README = ("2-2-1", "64-32-32-10", "784-256-256-10")
XOR = ("2-2-1", "2-16-1")  # whose tanh calls are counted
#: what is published of the engine
ENGINE = ("rate", "of_peak", "times_tanh", "layout", "networks", "alone", "alone_of_peak")


def reduce(result: dict) -> dict:
    """What is published of a bench.json: the run, and of each row its medians."""
    rows = []
    for row in result["rows"]:
        kernels = {name: {key: values[key] for key in ENGINE if key in values}
                   for name, values in row["kernels"].items()}
        peers = {name: {key: values[key] for key in ("rate", "ratio")} for name, values in row["peers"].items()}
        rows.append({key: row[key] for key in ("case", "precision", "batch", "best_kernels")}
                    | {"kernels": kernels, "peers": peers})
    kept = {key: result[key] for key in ("started", "processor", "load_before", "load_after", "rounds",
                                         "seconds_a_sample", "libraries", "machine") if key in result}
    if "libraries" in kept:  # names of libraries, without the folders of the machine
        names = [pathlib.Path(path).name for path in kept["libraries"]["blas"]]
        kept["libraries"] = kept["libraries"] | {"blas": names}
    return kept | {"rows": rows, "counts": result["counts"]}


def rate(value: float) -> str:
    """Three digits and a prefix: 92.0 k."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:#.3g}".rstrip(".") + f" {unit}"
    return f"{value:#.3g}".rstrip(".")


def two_digits(ratio: float) -> str:
    """28,111 -> 28,000; 6.07 -> 6.1"""
    return f"{ratio:.1f}" if ratio < 10 else f"{float(f'{ratio:.2g}'):,.0f}"


def best(row: dict, names: tuple) -> str:
    """The fastest of these peers."""
    return max((name for name in names if name in row["peers"]), key=lambda name: row["peers"][name]["rate"])


def table(columns: list, rows: list) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return re.sub(r"\|  \|", "| |", text.replace("| --- | " + " | ".join(["---"] * (len(columns) - 1)) + " |",
                                                   "|" + "---|" * len(columns))) + "\n"


def network(row: dict) -> str:
    return f"{row['case']}, {row['batch']}"


def alone(ours: dict, row: dict) -> float:
    """The rate of one network: with units in lanes or, where that is faster, in a pack that is not full."""
    lanes = 16 if row["precision"] == "float32" else 8
    return max(ours["alone"], ours["networks"] / lanes)


def alone_ratio(ours: dict, row: dict) -> float:
    """Its ratio to the faster of PyTorch's loops over one network."""
    return alone(ours, row) / max(row["peers"][name]["rate"] for name in ("torch_autograd", "torch_eager"))


def peer_rate(row: dict, name: str) -> str:
    """A peer's rate, and how many times that the engine's is."""
    peer = row["peers"][name]
    return f"{rate(peer['rate'])} ({two_digits(peer['ratio'])})"


def one_network(ours: dict, row: dict) -> str:
    """The rate of one network by itself, and how many times that of PyTorch's faster loop it is."""
    return f"{rate(alone(ours, row))} ({two_digits(alone_ratio(ours, row))})"


def in_readme(rows: list) -> str:
    """README's table: three of the networks of comparison, beside the loop and the best batched program."""
    lines = []
    for row in rows:
        if row["case"] in IN_README:
            hand, ours = best(row, (*BY_HAND, "torch_vmap")), row["kernels"][row["best_kernels"]]
            lines.append([network(row), rate(ours["rate"]),
                          peer_rate(row, "torch_autograd"), f"{peer_rate(row, hand)} {TITLES[hand]}",
                          peer_rate(row, best(row, ("scalar_c", "scalar_c_fast"))), peer_rate(row, "fann"),
                          one_network(ours, row)])
    return table(["network, batch", "initsweep", "PyTorch loop", "best batched program", "C -O3", "FANN",
                  "one network"], lines)


def comparison(rows: list) -> str:
    """Rates, and how many times the peer's rate the engine's is."""
    lines = []
    for row in rows:
        def beside(name, title=""):
            return peer_rate(row, name) + title
        hand, ours = best(row, BY_HAND), row["kernels"][row["best_kernels"]]
        lines.append([network(row), rate(ours["rate"]), beside("torch_autograd"), beside("torch_vmap"),
                      beside(hand, " " + TITLES[hand]), beside(best(row, ("scalar_c", "scalar_c_fast"))),
                      beside("fann"), one_network(ours, row)])
    return table(["network, batch", "initsweep", "PyTorch loop", "PyTorch vmap", "batched by hand", "C -O3", "FANN",
                  "one network"], lines)


def engine(rows: list) -> str:
    """The engine beside the peak, its tanh calls and the best peers."""
    lines = []
    for row in rows:
        engine, pytorch, peer = row["kernels"][row["best_kernels"]], best(row, PYTORCH), best(row, tuple(TITLES))
        lines.append([network(row), rate(engine["rate"]), engine["layout"], f"{100 * engine['of_peak']:.0f} %",
                      f"{engine['times_tanh']:.2f}" if row["case"] in XOR else "",
                      f"{rate(row['peers'][pytorch]['rate'])} {TITLES[pytorch].split()[1]}",
                      f"{row['peers'][pytorch]['ratio']:.1f}", f"{rate(row['peers'][peer]['rate'])} {TITLES[peer]}",
                      f"{row['peers'][peer]['ratio']:.1f}"])
    return table(["network, batch", "network-steps/s", "in lanes", "of FMA peak", "over its tanh calls alone",
                  "best of PyTorch", "ratio", "best peer", "ratio"], lines)


def few(rows: list) -> str:
    """Numbers of networks that fill no pack, or little more than one."""
    lines = []
    for row in rows:
        peers = row["peers"]
        pytorch = max((name for name in PYTORCH if name in peers), key=lambda name: peers[name]["rate"])
        lines.append([row["case"], str(row["count"]), rate(row["rate"]), f"{100 * row['of_peak']:.0f} %",
                      f"{rate(peers[pytorch]['rate'])} {TITLES[pytorch].split()[1]}", f"{peers[pytorch]['ratio']:.1f}",
                      *(rate(peers[name]["rate"]) if name in peers else "" for name in OTHERS)])
    return table(["network", "networks", "initsweep", "of FMA peak", "best of PyTorch", "times that",
                  *(TITLES[name] for name in OTHERS)], lines)


def every_peer(rows: list) -> str:
    return table(["network, batch", *TITLES.values()],
                 [[network(row), *(rate(row["peers"][name]["rate"]) if name in row["peers"] else "" for name in TITLES)]
                  for row in rows])


def avx2(single: list, double: list) -> str:
    lines = []
    doubles = {row["case"]: row for row in double}
    for row in single:
        lines.append([network(row)])
        for one in (row, doubles.get(row["case"])):
            kernels = one["kernels"]["avx2"] if one else None
            lines[-1] += [rate(kernels["rate"]), f"{100 * kernels['of_peak']:.0f} %"] if kernels else ["", ""]
    return table(["network, batch", "float32", "of peak", "float64", "of peak"], lines)


def tables(published: dict) -> list[str]:
    """All tables, as Markdown. Each stands in a page of PAGES after the same heading line."""
    single, double = ([row for row in published["rows"] if row["precision"] == precision]
                      for precision in ("float32", "float64"))
    return [in_readme(single), comparison(single), engine(single), engine(double), every_peer(single),
            few(published["counts"]), avx2(single, double)]


def put_table(page: pathlib.Path, made: str, after: int = 0) -> int:
    """Puts a table in the place of the first one with the same columns after a position of the page.

    Returns the position behind it, or `after` if the page has no such table.
    """
    text = page.read_text(encoding="utf-8")
    start = text.find(made.split("\n", 1)[0] + "\n", after)
    if start < 0:
        return after
    end = start + len(re.match(r"(?:\|.*\n)+", text[start:])[0])
    page.write_text(text[:start] + made + text[end:], encoding="utf-8")
    return start + len(made)


def write_pages(made: list[str]) -> None:
    """Puts the tables in the places of those with the same columns; two with the same columns in their order."""
    for name in PAGES:
        end = 0
        for one in made:
            end = put_table(SOURCE / name, one, end)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="run", metavar="FILE", help="a bench.json of bench/run.py")
    arguments = parser.parse_args()
    if arguments.run:
        result = json.loads(pathlib.Path(arguments.run).read_text(encoding="utf-8"))
        PUBLISHED.write_text(json.dumps(reduce(result), indent=1) + "\n", encoding="utf-8")
    write_pages(tables(json.loads(PUBLISHED.read_text(encoding="utf-8"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
