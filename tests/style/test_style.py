#!/usr/bin/python3
"""Style checks over the source tree, one tool a call.

    test_style.py lines|clang_format|clang_tidy|shellcheck|mypy [--build FOLDER]

Runs from the repository's root. FOLDER has compile_commands.json (clang_tidy). Exit status 0: clean, 1: complaints, 77:
the tool is missing. clang-tidy sees src/ alone: cmocka's asserts end a test in a way that its analyser cannot follow.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import requirements  # noqa: E402


COLUMNS = 120
SUFFIXES = {".c", ".h", ".def", ".py", ".sh", ".cmake", ".sbatch", ".pbs", ".lsf"}


def sources(*suffixes):
    """Files of the tree with these suffixes, sorted."""
    folders = ["src", "include", "tests", "bench"]
    return sorted(str(path) for folder in folders for path in pathlib.Path(folder).rglob("*")
                  if path.suffix in suffixes)


def lines(_build):
    """No line of a source has more than 120 columns, comments included."""
    folders = ["bench", "cmake", "include", "packaging", "scripts", "src", "tests"]
    paths = [path for folder in folders for path in pathlib.Path(folder).rglob("*")
             if (path.suffix in SUFFIXES or path.name == "CMakeLists.txt") and "vendor" not in path.parts]
    paths += [pathlib.Path("CMakeLists.txt"), pathlib.Path(".ci/run")]
    long = [f"{path}:{number}: {len(line)} columns" for path in sorted(paths)
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if len(line) > COLUMNS]
    print("\n".join(long) or f"{len(paths)} files")
    return len(long) > 0


def clang_format(_build):
    tool = requirements.tool("clang-format")
    version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    requirements.need(" version 14." in version, "clang-format 14")
    return subprocess.run([tool, "--dry-run", "-Werror", *sources(".c", ".h")]).returncode


def clang_tidy(build):
    tool = requirements.tool("clang-tidy")
    commands = json.loads(pathlib.Path(build, "compile_commands.json").read_text())
    root = os.path.join(os.getcwd(), "src", "")
    files = sorted({entry["file"] for entry in commands if entry["file"].startswith(root)})
    # gcc's commands name warnings and options that clang has not
    extra = [f"--extra-arg={flag}" for flag in ("-Wno-unknown-warning-option", "-Wno-ignored-optimization-argument",
                                                "-Wno-error")]

    seen_by_analyzer = [f"--extra-arg={flag}" for flag in ("-include",
                                                           str(pathlib.Path("tests/style/analyzer.h").resolve()))]

    for entry in commands:  # clang has no such option, which is an error to it
        entry["command"] = entry["command"].replace(" -fsched-pressure", "")

    failed = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        pathlib.Path(folder, "compile_commands.json").write_text(json.dumps(commands))

        def check(file):
            more = [] if file.endswith("/base/error.c") else seen_by_analyzer
            return file, subprocess.run([tool, "--quiet", "-p", folder, *extra, *more, file], capture_output=True,
                                        text=True)

        for file, done in pool.map(check, files):
            if done.returncode != 0:
                failed += 1
                print(f"{file}:\n{done.stdout}{done.stderr}")
    print(f"{len(files)} files, {failed} with complaints")
    return failed > 0


def shellcheck(_build):
    scripts = [str(path) for path in sorted(pathlib.Path("scripts").rglob("*.sh"))]
    scripts += [str(path) for path in sorted(pathlib.Path("scripts").rglob("*"))
                if path.suffix in (".sbatch", ".pbs", ".lsf")] + [".ci/run"]
    return subprocess.run([requirements.tool("shellcheck"), "-x", *scripts]).returncode


def mypy(build):
    # what a run learned is kept for the next, out of the source tree
    return subprocess.run([requirements.tool("mypy"), "--config-file", "scripts/mypy.ini", "--cache-dir",
                           str(pathlib.Path(build, "mypy"))]).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tools = {"lines": lines, "clang_format": clang_format, "clang_tidy": clang_tidy, "shellcheck": shellcheck,
             "mypy": mypy}
    parser.add_argument("tool", choices=tools)
    parser.add_argument("--build", default="build/release", help="folder with compile_commands.json")
    arguments = parser.parse_args()
    try:
        sys.exit(tools[arguments.tool](arguments.build))
    except (unittest.SkipTest, AssertionError) as error:
        requirements.end(error)


if __name__ == "__main__":
    main()
