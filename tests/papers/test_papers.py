"""The gallery of papers: numbers within their tolerances, from the sweeps of the quick papers and from what is kept of
the others; the page and its pictures.

Environment: INITSWEEP is the program. INITSWEEP_PAPERS=all trains the sweeps of all papers, in ten minutes.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

import numpy as np

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "scripts"))
from initsweep import theory
from papers import boxes, page, reproduce
from papers.paper import Networks, Results, Row, between, find_papers, near

PROGRAM = os.path.abspath(os.environ["INITSWEEP"])
ALL = os.environ.get("INITSWEEP_PAPERS") == "all"
PAPERS = find_papers()
TRAINED = {name: module for name, module in PAPERS.items() if ALL or module.PAPER.quick}
DATA = SOURCE / "data/papers"
IMAGES = SOURCE / "docs/images"
KILOBYTE, MOST_EACH = 1000, 120


def train_one(sweep, folder, *settings):
    """Trains a sweep into folder, in place of what is there. settings: as for --set."""
    out = folder / f"{sweep}.h5"
    out.unlink(missing_ok=True)
    done = subprocess.run([PROGRAM, "run", DATA / f"{sweep}.yaml", "-o", out, "--quiet",
                           *(word for one in settings for word in ("--set", one))], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stderr)


def train(paper, folder):
    """Trains the sweeps of a paper into folder, unless they are there."""
    for sweep in paper.sweeps:
        if not (folder / f"{sweep}.h5").exists():
            train_one(sweep, folder)


class Trained(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="initsweep-papers-")
        cls.folder = pathlib.Path(cls.temporary.name)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_the_numbers_are_within_and_those_of_the_page(self):
        for name, module in TRAINED.items():
            with self.subTest(paper=name):
                train(module.PAPER, self.folder)
                rows = module.rows(Results(module.PAPER, self.folder))
                kept = page.read_rows(DATA / f"{name}.json")
                self.assertEqual([row.quantity for row in rows], [row.quantity for row in kept])
                for row, before in zip(rows, kept):
                    with self.subTest(quantity=row.quantity):
                        self.assertTrue(row.within, row)
                        # what is trained has the same bits anywhere; its analysis has not
                        np.testing.assert_allclose(row.measured, before.measured, rtol=1e-3, atol=1e-9)
                        np.testing.assert_allclose([row.low, row.high], [before.low, before.high], rtol=1e-3, atol=1e-9)
                self.assertEqual(module.draw(Results(module.PAPER, self.folder)).get_size_inches()[0], 7)


class Kept(unittest.TestCase):
    def test_every_paper_has_its_sweeps_numbers_and_picture(self):
        sweeps = [sweep for module in PAPERS.values() for sweep in module.PAPER.sweeps]
        self.assertEqual(sorted(sweeps), sorted(path.stem for path in DATA.glob("*.yaml")))
        self.assertEqual(sorted(PAPERS), sorted(path.stem for path in DATA.glob("*.json")))
        self.assertEqual(sorted(f"papers-{name}.png" for name in PAPERS),
                         sorted(path.name for path in IMAGES.glob("papers-*")))
        for name, module in PAPERS.items():
            with self.subTest(paper=name):
                paper = module.PAPER
                self.assertEqual(paper.name, name)
                self.assertTrue(paper.name.endswith(f"_{paper.year}"))
                for sweep in paper.sweeps:
                    self.assertRegex(sweep, rf"^{name}(-\w+)*$")
                self.assertRegex(paper.sentence, r"\.$")
                picture = (IMAGES / f"papers-{name}.png").read_bytes()
                self.assertEqual(picture[:8], b"\x89PNG\r\n\x1a\n")
                self.assertLessEqual(len(picture), MOST_EACH * KILOBYTE)

    def test_every_number_is_within_its_tolerance(self):
        for name in PAPERS:
            rows = page.read_rows(DATA / f"{name}.json")
            self.assertGreaterEqual(len(rows), 3, name)
            for row in rows:
                with self.subTest(paper=name, quantity=row.quantity):
                    self.assertTrue(row.within, row)
                    self.assertTrue(np.isfinite(row.low) or np.isfinite(row.high))

    def test_the_page_is_made_from_them(self):
        made = page.page(PAPERS, reproduce.kept_numbers(DATA, PAPERS))
        self.assertEqual((SOURCE / "docs/papers.md").read_text(encoding="utf-8"), made,
                         "renew it: PYTHONPATH=scripts /usr/bin/python3 -m papers.reproduce --page")


def outside(module, folder):
    """The rows of a paper that are not within their tolerance, from results in folder."""
    return [row.quantity for row in module.rows(Results(module.PAPER, folder)) if not row.within]


def shifted(probe, axis):
    """Networks.quantity with one probe's values moved by one place along an axis."""
    def quantity(networks, name):
        values = networks.get(name).astype(np.float64)
        return np.roll(values, 1, axis) if name == probe else values
    return unittest.mock.patch.object(Networks, "quantity", quantity)


class Mistakes(unittest.TestCase):
    """What a mistake in the program or in a formula would do to the numbers."""

    def test_twice_the_standard_deviation_of_the_initial_weights(self):
        for name, init in (("hanin_2018", "network.init={name: he_normal, gain: 2.8284271}"),
                           ("saxe_2014", "network.init={name: normal, std: 2e-4}")):
            module = PAPERS[name]
            with self.subTest(paper=name), tempfile.TemporaryDirectory(prefix="initsweep-papers-") as folder:
                train(module.PAPER, pathlib.Path(folder))
                train_one(name, pathlib.Path(folder), init)
                self.assertGreaterEqual(len(outside(module, pathlib.Path(folder))), 3)

    def test_a_probe_one_layer_or_record_off_and_a_wrong_constant(self):
        gamma = theory.half_polygammas
        mistakes = {"hanin_2018": [shifted("activation_variance", 2),
                                   unittest.mock.patch.object(theory, "half_polygammas",
                                                              lambda n: tuple(reversed(gamma(n))))],
                    "saxe_2014": [shifted("linear_map_singular_values", 1),
                                  unittest.mock.patch("papers.saxe_2014.TAU", 4.0)]}
        with tempfile.TemporaryDirectory(prefix="initsweep-papers-") as folder:
            for name, patches in mistakes.items():
                module = PAPERS[name]
                train(module.PAPER, pathlib.Path(folder))
                for number, mistake in enumerate(patches):
                    with self.subTest(paper=name, mistake=number), mistake:
                        self.assertTrue(outside(module, pathlib.Path(folder)))


class Parts(unittest.TestCase):
    def test_a_row_is_within_its_tolerance_or_not(self):
        for row, within in ((near("a", 1.04, 1, relative=0.05), True), (near("a", 1.06, 1, relative=0.05), False),
                            (near("a", -1.06, -1, relative=0.05), False), (near("a", 0.1, 0, absolute=0.1), True),
                            (near("a", np.nan, 0, absolute=0.1), False), (between("a", 3, -np.inf, 3), True),
                            (between("a", np.inf, 0, 3), False)):
            with self.subTest(row=row):
                self.assertEqual(row.within, within)
        with self.assertRaisesRegex(ValueError, "either a relative or an absolute"):
            near("a", 1, 1)

    def test_rows_are_kept_as_they_are(self):
        rows = [Row("a", 1.5, 1, 2, 1.25, "1.4 (table 2)", (1.25, 1.75), "steps"), between("b", 0, -np.inf, 3),
                between("c", np.nan, 0, np.inf, theory=0, interval=(np.nan, np.nan))]
        with tempfile.TemporaryDirectory(prefix="initsweep-papers-") as folder:
            path = pathlib.Path(folder) / "rows.json"
            page.write_rows(path, rows)
            json.loads(path.read_text(encoding="utf-8"), parse_constant=self.fail)
            read = page.read_rows(path)
        self.assertEqual(read[:2], rows[:2])
        self.assertEqual(repr(read[2]), repr(rows[2]))

    def test_a_table_shows_what_is_not_within(self):
        lines = page.table([between("a", 4, 0, 3), near("b", 2, 2, relative=0.1, theirs="2.1", interval=(1, 3))])
        self.assertEqual(lines[2], "| a |  |  | 4 | **no (0 to 3)** |")
        self.assertEqual(lines[3], "| b | 2.1 | 2 | 2 [1, 3] | yes (1.8 to 2.2) |")
        with self.assertRaisesRegex(ValueError, r"no \|"):
            page.table([between("ln |J|", 4, 0, 3)])


class BoxDimension(unittest.TestCase):
    def test_the_edge_is_where_neighbours_differ(self):
        picture = np.zeros((5, 5), dtype=bool)
        self.assertFalse(boxes.edge(picture).any())
        self.assertFalse(boxes.edge(~picture).any())
        picture[2, 2] = True
        np.testing.assert_array_equal(np.argwhere(boxes.edge(picture)), [[1, 1], [1, 2], [2, 1], [2, 2]])

    def test_shapes_of_known_dimension(self):
        for side in (128, 192, 256):
            x, y = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
            for shape, inside in (("slope", 3 * x + 2 * y < 2 * side), ("circle", np.hypot(x, y) < 0.8 * side),
                                  ("wave", y - side / 2 < side / 5 * np.sin(9 * x / side))):
                with self.subTest(side=side, shape=shape):
                    self.assertAlmostEqual(boxes.dimension(boxes.edge(inside)), 1, delta=0.05)
        x, y = np.meshgrid(np.arange(256), np.arange(256))
        self.assertAlmostEqual(boxes.dimension(np.ones((256, 256))), 2)
        self.assertAlmostEqual(boxes.dimension(x & y == 0), np.log2(3))  # Sierpinski's triangle
        digits = [(x // 3 ** k % 3 == 1) & (y // 3 ** k % 3 == 1) for k in range(6)]
        self.assertAlmostEqual(boxes.dimension(~np.any(digits, axis=0)), np.log(8) / np.log(3), delta=0.05)  # carpet
        self.assertTrue(np.isnan(boxes.dimension(np.zeros((64, 64)))))

    def test_boxes_at_the_far_side_are_cut(self):
        sizes, counts = boxes.count_boxes(np.ones((35, 35)))
        np.testing.assert_array_equal(sizes, [1, 2, 4])
        np.testing.assert_array_equal(counts, [35 ** 2, 18 ** 2, 9 ** 2])


class Command(unittest.TestCase):
    def run_script(self, *arguments):
        return subprocess.run([SOURCE / "scripts/reproduce_papers.sh", "--program", PROGRAM, *arguments], cwd=SOURCE,
                              capture_output=True, text=True)

    def test_wrong_names_and_options_are_told(self):
        name = next(iter(PAPERS))
        done = self.run_script("--only", name[:-1])
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))
        self.assertIn(f"did you mean {name}?", done.stderr)
        self.assertEqual(self.run_script("--onyl", name).returncode, 2)
        self.assertEqual(self.run_script("--help").returncode, 0)

    def test_an_interrupted_command_says_that_it_goes_on(self):
        """As Ctrl-C does it: every process of the command gets the signal."""
        name = "kolen_1990"
        with tempfile.TemporaryDirectory(prefix="initsweep-papers-") as folder:
            command = [SOURCE / "scripts/reproduce_papers.sh", "--program", PROGRAM, "--only", name, "--out", folder]
            run = subprocess.Popen(command, cwd=SOURCE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   start_new_session=True)
            for line in run.stderr:
                if "networks in" in line:  # and it takes seconds
                    break
            os.killpg(run.pid, signal.SIGINT)
            output, _ = run.communicate()
            self.assertEqual(run.returncode, 75, output)
            self.assertIn("interrupted; the same command goes on", output)
            self.assertTrue((pathlib.Path(folder) / f"{name}.h5.parts").is_dir())

    def test_one_paper_from_the_command(self):
        name = next(name for name, module in PAPERS.items() if module.PAPER.quick)
        with tempfile.TemporaryDirectory(prefix="initsweep-papers-") as folder:
            done = self.run_script("--only", name, "--out", folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            text = (pathlib.Path(folder) / "papers.md").read_text(encoding="utf-8")
            self.assertEqual(len(re.findall("^## ", text, re.MULTILINE)), 1)
            self.assertTrue((pathlib.Path(folder) / f"figures/papers-{name}.svg").exists())
            os.remove(pathlib.Path(folder) / f"{PAPERS[name].PAPER.sweeps[0]}.h5")
            missing = subprocess.run([sys.executable, "-m", "papers.reproduce", "--only", name, "--results", folder],
                                     cwd=SOURCE, env={**os.environ, "PYTHONPATH": "scripts"}, capture_output=True,
                                     text=True)
            self.assertEqual(missing.returncode, 1)
            self.assertIn(f"error: {name}: ", missing.stderr)


if __name__ == "__main__":
    unittest.main()
