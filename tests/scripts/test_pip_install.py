"""The Python library as pip installs it: a source distribution, a wheel of it, a fresh virtual environment, without a
network; and its commands, by themselves and as subcommands of the program."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest

from sample_results import make

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ["INITSWEEP"]
ROOT_FILES = ("pyproject.toml", "MANIFEST.in", "LICENSE", "docs/python.md")
VERSION = re.search(r"^initsweep (\S+) ", subprocess.run([PROGRAM, "--version"], capture_output=True, text=True,
                                                         check=True).stdout)[1]
LIBRARY = """
import pathlib
import sys
import initsweep
from initsweep import report, rows
assert not initsweep.__file__.startswith(sys.argv[2]), initsweep.__file__
results = initsweep.open_arrays(sys.argv[1])
step, loss = report.axis("step"), report.axis("loss")
series = report.series("one", results["step"], results["loss"][0])
chart = report.curves("loss", "Loss", "Loss over the steps.", step, loss, [series])
report.write_page("page.html", report.page_html("Made up", report.chart_html(chart), [chart]))
print(initsweep.__version__, len(results["network"]), "tanh" in rows.table("activations"),
      "uPlot" in pathlib.Path("page.html").read_text())
"""


def run(*words, **options):
    """A program's stdout; AssertionError with stderr where it fails."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: status {done.returncode}\n{done.stderr}")
    return done.stdout


class PipInstall(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Builds from a copy of the tree, in which setuptools leaves its own files."""
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="initsweep-pip-"))
        cls.results = make(cls.folder, "full.h5")
        tree, made = cls.folder / "tree", cls.folder / "made"
        for name in ROOT_FILES:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / name, tree / name)
        shutil.copytree(SOURCE / "scripts", tree / "scripts",
                        ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        run(sys.executable, "-c", f"from setuptools import build_meta; build_meta.build_sdist({str(made)!r})", cwd=tree)
        pip = [sys.executable, "-m", "pip", "--quiet"]
        offline = ["--no-index", "--no-build-isolation", "--no-deps"]
        run(*pip, "wheel", *offline, "-w", made, made / f"initsweep-{VERSION}.tar.gz")
        run(sys.executable, "-m", "venv", "--without-pip", "--system-site-packages", cls.folder / "venv")
        cls.bin = cls.folder / "venv/bin"
        run(*pip, "--python", cls.bin / "python", "install", "--no-index", "--no-deps", "--no-compile",
            *made.glob("*.whl"))
        (cls.site,) = (cls.folder / "venv/lib").glob("*/site-packages")
        cls.environment = {**os.environ, "PATH": f"{cls.bin}:{os.environ['PATH']}"}

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_every_file_of_the_library_is_installed(self):
        def files(folder):
            return {str(path.relative_to(folder)) for path in folder.rglob("*")
                    if path.is_file() and "__pycache__" not in path.parts}
        self.assertEqual(files(self.site / "initsweep"), files(SOURCE / "scripts/initsweep"))

    def test_it_works_from_elsewhere_and_has_the_programs_version(self):
        said = run(self.bin / "python", "-W", "ignore", "-c", LIBRARY, self.results, SOURCE, cwd=self.folder)
        self.assertEqual(said, f"{VERSION} 480 True True\n")
        self.assertEqual(run(self.bin / "python", "-m", "initsweep", "--version"), f"initsweep {VERSION}\n")

    def test_its_commands_are_those_that_the_program_names(self):
        scripts = tomllib.loads((SOURCE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
        listed = run(PROGRAM, "--help").split("of the Python library:\n")[1].split("\n\n")[0]
        summaries = dict(line.split(None, 1) for line in listed.splitlines())
        self.assertEqual([f"initsweep-{name}" for name in summaries], list(scripts))
        for name, summary in summaries.items():
            source = (SOURCE / f"scripts/initsweep/commands/{name}.py").read_text(encoding="utf-8")
            self.assertEqual(source.splitlines()[0].lower(), f'"""{summary}.'.lower())

    def test_the_program_and_python_run_its_commands(self):
        words = ["table", self.results, "--by", "init"]
        said = run(self.bin / f"initsweep-{words[0]}", *words[1:])
        self.assertTrue(said.startswith("median loss; 96 networks per cell\n"), said)
        self.assertEqual(run(PROGRAM, *words, env=self.environment), said)
        self.assertEqual(run(self.bin / "python", "-m", "initsweep", *words), said)
        self.assertIn("usage: initsweep-export ", run(PROGRAM, "help", "export", env=self.environment))
        # what the library does not have, the program may have
        self.assertEqual(run(self.bin / "python", "-m", "initsweep", "list", "probes"), run(PROGRAM, "list", "probes"))

    def test_a_missing_package_is_named(self):
        (self.folder / "none").mkdir()
        for command, module, name in ((["plot", "heatmap", self.results], "matplotlib", "matplotlib"),
                                      (["plot", "heatmap", self.results], "xarray", "xarray"),
                                      (["export", self.results, "-o", "a.parquet"], "pyarrow", "pyarrow"),
                                      (["table", self.results, "--by", "init"], "h5py", "h5py")):
            (self.folder / "none" / f"{module}.py").write_text(
                f"raise ModuleNotFoundError('No module named {module}', name='{module}')\n", encoding="utf-8")
            done = subprocess.run([self.bin / f"initsweep-{command[0]}", *command[1:]], capture_output=True, text=True,
                                  cwd=self.folder, env={**self.environment, "PYTHONPATH": str(self.folder / "none")})
            (self.folder / "none" / f"{module}.py").unlink()
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertRegex(done.stderr, rf"^initsweep-{command[0]}: .*the Python package {name} is missing: "
                                          rf"`pip install {name}`[^\n]*\n$")
        self.assertFalse((self.folder / "a.parquet").exists())


if __name__ == "__main__":
    unittest.main()
