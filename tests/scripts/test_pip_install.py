"""The Python library installed by pip from the repository's root, without a network: version, files, and use from
elsewhere."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from sample_results import make

SOURCE = pathlib.Path(__file__).resolve().parents[2]
ROOT_FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "CMakeLists.txt", "LICENSE", "docs/python.md")
PROGRAM = """
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
print(len(results["network"]), "tanh" in rows.table("activations"), "uPlot" in pathlib.Path("page.html").read_text())
"""


class PipInstall(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Installs a copy of the tree: pip leaves its own files in the folder that it builds from."""
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="initsweep-pip-"))
        tree = cls.folder / "tree"
        for name in ROOT_FILES:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / name, tree / name)
        shutil.copytree(SOURCE / "scripts", tree / "scripts",
                        ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        cls.site = cls.folder / "site"
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-build-isolation", "--no-deps",
             "--no-compile", "--target", str(cls.site), str(tree)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_the_version_is_the_projects(self):
        version = re.search(r"^project\(initsweep VERSION (\S+)",
                            (SOURCE / "CMakeLists.txt").read_text(encoding="utf-8"), re.MULTILINE)[1]
        self.assertEqual([path.name for path in self.site.glob("*.dist-info")], [f"initsweep-{version}.dist-info"])

    def test_every_file_of_the_library_is_installed(self):
        def files(folder):
            return {str(path.relative_to(folder)) for path in folder.rglob("*")
                    if path.is_file() and "__pycache__" not in path.parts}
        self.assertEqual(files(self.site / "initsweep"), files(SOURCE / "scripts/initsweep"))

    def test_it_works_from_elsewhere(self):
        results = make(self.folder, "full.h5")
        environment = {**os.environ, "PYTHONPATH": str(self.site)}
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", PROGRAM, results, str(SOURCE)], env=environment,
                              cwd=self.folder,
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "480 True True\n"), done.stderr)


if __name__ == "__main__":
    unittest.main()
