#!/usr/bin/python3
"""Every command that README.md, CONTRIBUTING.md and docs/*.md show is run, or a row of HOW says why not.

    INITSWEEP=build/release/initsweep INITSWEEP_SOURCE=. INITSWEEP_BUILD=build/release test_page_commands.py

A page's commands run in their order, in one folder that looks like a source tree with a build, and that holds the
page's whole sweep files under their own names. HOW is searched from the top: the first pattern that fits a command says
how it is run here. A command that no row fits fails, and so does a row that fits nothing. docs/tutorial.md,
docs/cookbook.md, docs/faq.md, docs/plots.md and docs/python.md have tests of their own.
"""
import os
import pathlib
import re
import subprocess
import tempfile
import tomllib
import unittest

import page_blocks

SOURCE = pathlib.Path(os.environ.get("INITSWEEP_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
PROGRAM = pathlib.Path(os.environ.get("INITSWEEP", SOURCE / "build/release/initsweep")).resolve()
BUILD = pathlib.Path(os.environ.get("INITSWEEP_BUILD", PROGRAM.parent)).resolve()
PAGES = [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md", *sorted((SOURCE / "docs").glob("*.md"))]
OWN_TESTS = {"tutorial.md": "test_tutorial.py", "cookbook.md": "test_cookbook.py", "faq.md": "test_faq_page.py",
             "plots.md": "test_plots_page.py", "python.md": "test_python_page.py"}
SHELLS = ("sh", "bash", "console")
LIMIT = 100  # seconds for one command


class Run(str):
    """What runs in a command's place; {0} is the command, {1} ... are the groups of its pattern."""


class NotHere(str):
    """Why a command does not run here, and what runs it."""


# How commands run: a pattern of the whole command, and Run or NotHere.
HOW = [
    # what needs a machine of its own
    (r"apt-get install .*", NotHere("root; packages of the benchmarks alone, which CI does not run")),
    (r"sbatch .*", NotHere("a Slurm cluster; tests/slurm starts one and submits these files")),
    (r"cd build/release && cpack -G DEB.*",
     NotHere("seconds of compression; the test packaging makes the package and looks into it")),
    (r"(?:OMP_NUM_THREADS=\d+ )?mpirun .* build/bench/bench/gather_bench .*",
     NotHere("a measurement, in a build with -DINITSWEEP_BENCH=ON")),
    (r"OMP_NUM_THREADS=1 build/bench/bench/journal_cost .*",
     NotHere("a measurement, in a build with -DINITSWEEP_BENCH=ON")),
    # builds: the preset and the option are there; scripts/test.sh built what runs this
    (r"cmake --preset (\w+) && cmake --build --preset \w+",
     Run("cd {source} && cmake --list-presets=all | grep -q '\"{1}\"'")),
    (r"cmake --preset (\w+) -D(\w+)=ON",
     Run("cd {source} && cmake --list-presets=all | grep -q '\"{1}\"' && grep -q 'option({2}' CMakeLists.txt")),
    (r"cmake -B build/bench .* --target (\w+)", Run("grep -q '{1}' {source}/bench/CMakeLists.txt")),
    (r"cmake --build --preset (\w+)", Run("cd {source} && cmake --list-presets=all | grep -q '\"{1}\"'")),
    (r"cmake --build --preset \w+ --target initsweep (\w+)",
     Run("grep -q 'add_custom_target({1}' {source}/bench/CMakeLists.txt")),
    (r"cmake --install build/release --prefix /opt/initsweep",
     Run("cmake --install {build} --prefix opt >/dev/null && opt/bin/initsweep --version")),
    (r"cmake --install build/release --prefix ~/\.local",
     NotHere("docs/tutorial.md begins with it, and the test docs_tutorial does it")),
    (r"pip install .*", NotHere("the test scripts_pip_install installs into a fresh environment")),
    # scripts that build or measure for minutes: their options are read
    (r"(scripts/(?:quickstart|test|reproducible|arm64_package)\.sh)(?: .*)?", Run("{1} --help")),
    (r"(bench/\w+\.py)(?: .*)?", Run("{1} --help")),
    (r"INITSWEEP=\S+ FAILING_CALLS=\S+ (tests/faults/faults\.py) --long",
     Run("INITSWEEP={program} FAILING_CALLS={program} {source}/{1} --help")),
    # one claim decides as twenty-two do
    (r"scripts/decide_claims\.sh.*",
     Run("scripts/decide_claims.sh --only C13 --ranks 1 --program {program} --out $PWD/out/claims")),
    # tests/papers reproduces
    (r"(scripts/reproduce_papers\.sh)(?: .*)?", Run("{1} --list --program {program}")),
    # fewer steps: 20,000 networks near the boundary, or two machines that are one
    (r"initsweep run data/examples/trainability\.yaml", Run("{0} --set train.steps=2 --set record.steps=[2]")),
    (r"mpirun -n 8 --hostfile hosts --map-by ppr:2:node --bind-to none (.*) -o /shared/out\.h5",
     Run("mpirun -n 2 --hostfile hosts --map-by ppr:2:node --bind-to none {1} -o shared.h5")),
    (r"export \$\(scripts/mpi_settings\.sh keep-alive\)", Run("{0} && env | grep keepalive_probes=3")),
    (r"mpirun -n 8 --hostfile hosts (initsweep .*) -o /shared/out\.h5",
     Run("mpirun -n 2 --hostfile hosts --map-by ppr:2:node --bind-to none {1} -o lost.h5")),
    # as they are
    (r"source <\(initsweep help --format bash\)", Run("{0} && complete -p initsweep")),
    (r"(?:mpirun (?:-n \d )?(?:--bind-to none )?)?"
     r"initsweep (?:new|check|plan|run|gather|show|verify|replay|list|help|plot|--version)(?: .*)?", Run("{0}")),
    (r"build/release/initsweep .*", Run("{0}")),
    (r"scripts/(?:plot|report|results_hash)\.py .*", Run("{0}")),
    (r"until mpirun (.|\n)*\ndone", Run("{0}")),
    (r"(?:ncdump|h5dump) .*", Run("{0}")),
]


def commands(text: str) -> list[str]:
    """Commands of a block: lines, joined until bash has a whole command, without comments and prompts."""
    found, part = [], ""
    for line in text.splitlines():
        line = re.sub(r"\s+# .*$", "", re.sub(r"^\$ ", "", line)).rstrip()
        if not line and not part or line.startswith("#"):
            continue
        part = f"{part}\n{line}" if part else line
        if not part.endswith("\\") and subprocess.run(["bash", "-n", "-c", part], capture_output=True).returncode == 0:
            found.append(part)
            part = ""
    return [*found, part] if part else found


def how(command: str) -> tuple[int, str | None]:
    """The row of HOW for a command, and what to run: None where it does not run here. LookupError where no row fits."""
    for row, (pattern, way) in enumerate(HOW):
        match = re.fullmatch(pattern, command)
        if match:
            if isinstance(way, NotHere):
                return row, None
            return row, way.format(command, *match.groups(), source=SOURCE, build=BUILD, program=PROGRAM)
    raise LookupError(command)


def write_python_commands(folder: pathlib.Path) -> None:
    """initsweep-plot and the library's other commands, as an installation has them."""
    names = tomllib.loads((SOURCE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    for name in names:
        (folder / name).write_text(f"#!/bin/sh\nPYTHONPATH={SOURCE}/scripts exec /usr/bin/python3 -m initsweep "
                                   f"{name.removeprefix('initsweep-')} \"$@\"\n", encoding="utf-8")
        (folder / name).chmod(0o755)


class Folder:
    """A folder that looks like the source tree, for the commands of one page."""

    def __init__(self, path: pathlib.Path, page: pathlib.Path):
        self.path = path
        for name in ("scripts", "data", "bench"):
            (path / name).symlink_to(SOURCE / name)
        for name in ("docs", "sweeps", "results", "build/release", "home"):
            (path / name).mkdir(parents=True)
        (path / "build/release/initsweep").symlink_to(PROGRAM)
        write_python_commands(path / "build/release")
        (path / "hosts").write_text("localhost slots=2\n", encoding="utf-8")
        self.environment = {**os.environ, "PATH": f"{path}/build/release:/usr/bin:/bin:{os.environ['PATH']}",
                            "LC_ALL": "C.UTF-8",
                            "HOME": str(path / "home"), "INITSWEEP_DATA": str(SOURCE / "data"),
                            "PYTHONDONTWRITEBYTECODE": "1"}
        sweeps = [block.text for block in page_blocks.blocks(page) if block.language == "yaml"]
        sweeps.append("sweep: sweep\ndataset: xor\nnetwork: {depth: 1, width: 4, activation: tanh}\n"
                      "train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 100}\n"
                      "record: {probes: [loss, gradient_norm], weights: final}\n"
                      "grid: {network.init: [zeros, glorot_uniform], replicate: {range: [0, 9]}}\n")
        for text in sweeps:
            name = re.search(r"^sweep: *([\w-]+)", text, re.MULTILINE)
            if name:
                (path / f"{name[1]}.yaml").write_text(text, encoding="utf-8")
        self.stand_ins(page.read_text(encoding="utf-8"))

    def stand_ins(self, text: str) -> None:
        """Results, and the folder of an interrupted run, that a page speaks of and that none of its sweeps makes."""
        for name in ("results", "zero-on-xor", "first"):
            if f"{name}.h5" in text and not (self.path / f"{name}.yaml").exists():
                self.must(f"initsweep run sweep.yaml -o {name}.h5 --quiet")
        if "zero-on-xor.h5.parts" in text:  # stopped as soon as there is something to keep
            self.must("for seconds in 0.5 1 2 4 8 16; do timeout --foreground --signal=INT $seconds initsweep run "
                      "sweep.yaml "
                      "-o long.h5 --set train.steps=100000000 --quiet; [ ! -d long.h5.parts ] || break; done; "
                      "mv long.h5.parts zero-on-xor.h5.parts")

    def run(self, command: str) -> subprocess.CompletedProcess:
        return subprocess.run(["bash", "-c", command], cwd=self.path, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT)

    def must(self, command: str) -> None:
        done = self.run(command)
        assert done.returncode == 0, f"{command}\n{done.stdout}"


class Commands(unittest.TestCase):
    def test_every_command_and_python_block_of_every_page_runs(self):
        used, scripts = set(), 0
        for page in PAGES:
            blocks = [block for block in page_blocks.blocks(page) if block.language in (*SHELLS, "python")
                      and not block.saved_as]
            if page.name in OWN_TESTS or not blocks:
                continue
            with tempfile.TemporaryDirectory(prefix="initsweep-page-") as scratch:
                folder = Folder(pathlib.Path(scratch), page)
                done_here = set()
                for block in blocks:
                    if block.language == "python":
                        scripts += 1
                        (folder.path / "block.py").write_text(block.text, encoding="utf-8")
                        with self.subTest(page=page.name, python=block.text):
                            folder.must("/usr/bin/python3 block.py")
                        continue
                    for command in commands(block.text):
                        with self.subTest(page=page.name, command=command):
                            try:
                                row, instead = how(command)
                            except LookupError:
                                self.fail("no row of HOW says how this runs")
                            used.add(row)
                            if instead and instead not in done_here:
                                done_here.add(instead)
                                folder.must(instead)
        self.assertGreater(scripts, 3)
        self.assertEqual([HOW[row][0] for row in range(len(HOW)) if row not in used], [], "rows that no command fits")

    def test_commands_named_in_sentences_exist(self):
        """`initsweep COMMAND --option ...` in running text: the command and its options are in its help."""
        scratch = tempfile.TemporaryDirectory(prefix="initsweep-commands-")
        self.addCleanup(scratch.cleanup)
        write_python_commands(pathlib.Path(scratch.name))
        path = {**os.environ, "PATH": f"{scratch.name}:{os.environ['PATH']}"}
        for page in [*PAGES, SOURCE / "CHANGELOG.md"]:
            text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
            for words in re.findall(r"`initsweep ([a-z]+(?: [^`\n]*)?)`", text):
                command, *rest = words.split()
                with self.subTest(page=page.name, words=words):
                    done = subprocess.run([PROGRAM, "help", command], capture_output=True, text=True, env=path)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    for option in (word for word in rest if re.fullmatch(r"--[a-z-]+", word)):
                        self.assertRegex(done.stdout, rf"{option}\b")

    def test_no_page_with_a_test_of_its_own_is_forgotten(self):
        for page, test in OWN_TESTS.items():
            if (SOURCE / "docs" / page).exists():
                self.assertTrue((SOURCE / "tests/docs" / test).exists(), page)

    def test_commands_are_told_apart(self):
        text = "a b  # why\n\n# a comment\nuntil a; do\n  b\ndone\n$ c \\\n  d\n"
        self.assertEqual(commands(text), ["a b", "until a; do\n  b\ndone", "c \\\n  d"])
        with self.assertRaises(LookupError):
            how("rm -rf build")


if __name__ == "__main__":
    unittest.main()
