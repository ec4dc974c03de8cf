"""plot.py on results files of made-up networks: it writes what it says, the same bytes each time, with the right numbers."""
import os
import shutil
import tempfile
import unittest
import xml.etree.ElementTree

import numpy as np
import xarray
from matplotlib.image import imread

from made_up import make, run_script
import initsweep
from initsweep import figures, maps


def texts(figure):
    """All texts of a figure that can be seen."""
    import matplotlib.text
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text() and text.get_visible()]


class Maps(unittest.TestCase):
    def plane(self):
        """A refined 9 x 9 plane, levels 2: the corner squares alone, and one square of them divided twice."""
        y, x = (at.ravel() for at in np.indices((9, 9)))
        coarse = (x % 4 == 0) & (y % 4 == 0)
        fine = (x <= 4) & (y <= 4)
        trained = coarse | fine
        status = np.where(trained, 1, 4)
        status[trained & (x == 8)] = 3
        loss = np.where(trained & (x < 8), 10.0 ** -(x + y), np.nan)[:, None]
        return xarray.Dataset(
            {"status": ("network", status), "loss": (("network", "record"), loss, {"long_name": "loss"})},
            {"rate": ("network", 0.1 * 2.0 ** x, {"path": "train.rate"}), "std": ("network", 1.0 + y, {"path": "std"}),
             "level": ("network", np.zeros(81, int), {"path": "refine"})}, {"title": "plane"})

    def test_skipped_points_look_like_their_nearest(self):
        dataset = self.plane()
        y, x, trained, diverged, value = maps.plane(dataset, "std", "rate", "loss")
        self.assertEqual((len(y), len(x), trained.sum(), diverged.sum()), (9, 9, 25 + 5, 3))
        source = maps.fill_skipped(trained)
        filled = value[source]
        np.testing.assert_array_equal(filled[trained], value[trained])
        self.assertEqual(filled[7, 1], value[8, 0])  # the coarse point around it
        self.assertEqual(filled[1, 5], value[0, 4])
        self.assertTrue(diverged[source][2, 7])

    def test_map_is_drawn_and_says_how_much_was_trained(self):
        figure = maps.trainability(self.plane())
        self.assertIn("30 of 81 networks trained", " ".join(texts(figure)))
        self.assertEqual((figure.axes[0].get_xscale(), figure.axes[0].get_yscale()), ("log", "linear"))
        with self.assertRaisesRegex(ValueError, "two swept settings"):
            maps.trainability(self.plane().drop_vars("std"))


class Plots(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="initsweep-plots-")
        cls.full = make(cls.folder, "full.h5")
        cls.holes = make(cls.folder, "holes.h5", "holes", "varying")
        cls.results = initsweep.open_results(cls.full).load()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_every_kind_writes_png_and_svg(self):
        for kind in ("overview", "trajectories", "heatmap"):
            files = [self.full, self.holes] if kind == "trajectories" else [self.full]
            done = run_script("plot.py", kind, *files)
            self.assertEqual((done.returncode, done.stderr), (0, ""), kind)
            written = [f"{path[:-3]}-{kind}.{suffix}" for path in files for suffix in ("png", "svg")]
            self.assertEqual(done.stdout.split(), written)
            for path in written:
                if path.endswith(".svg"):
                    xml.etree.ElementTree.parse(path)
                else:
                    image = imread(path)
                    self.assertGreater(min(image.shape[:2]), 400)
                    self.assertGreater(image[..., :3].std(), 0.05)  # not a blank page

    def test_same_bytes_each_time(self):
        contents = []
        for name in ("one", "two"):
            out = os.path.join(self.folder, name)
            self.assertEqual(run_script("plot.py", "heatmap", self.full, "-o", out).returncode, 0)
            for suffix in (".svg", ".png"):
                with open(out + suffix, "rb") as file:
                    contents.append(file.read())
        self.assertEqual(contents[:2], contents[2:])

    def test_out_with_a_suffix_writes_that_one(self):
        out = os.path.join(self.folder, "only.svg")
        done = run_script("plot.py", "heatmap", self.full, "-o", out, "--quantity", "accuracy")
        self.assertEqual((done.returncode, done.stdout), (0, out + "\n"))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "only.png")))

    def test_what_the_file_lacks_is_an_error(self):
        for arguments, word in ((["heatmap", self.full, "--quantity", "losses"], "no quantity 'losses'"),
                                (["heatmap", self.full, "--rows", "colour"], "no setting 'colour'"),
                                (["heatmap", self.full, "--quantity", "gradient_norm"], "no quantity"),
                                (["overview", os.path.join(self.folder, "none.h5")], "no such file"),
                                (["trajectories", self.full, "--rows", "network"], "480 x 4 panels")):
            done = run_script("plot.py", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn(word, done.stderr)
            self.assertNotIn("Traceback", done.stderr)

    def test_cells_are_medians_and_shares(self):
        axes = [figures.axis_values(self.results, name) for name in ("depth", "init", "activation")]
        median, share, trained = figures.cells([codes for _, codes in axes], [3, 5, 4], self.results, "loss")
        cube = initsweep.unfold(self.results[["loss", "status"]]).transpose("depth", "init", "activation", "replicate", ...)
        self.assertTrue((trained == 8).all())
        for at in np.ndindex(3, 5, 4):
            status, final = cube.status.values[at], cube.loss.values[at][:, -1]
            self.assertEqual(share[at], np.mean(status == initsweep.DIVERGED))
            self.assertEqual(median[at], np.median(final[status == initsweep.COMPLETED].astype(float)))

    def test_bands_are_quantiles(self):
        values = np.vstack([np.arange(11.0), 10 * np.arange(11.0)]).T
        values[3, 1] = np.nan
        low, median, high = figures.quantile_band(values)
        np.testing.assert_allclose((low[0], median[0], high[0]), (1, 5, 9))
        np.testing.assert_allclose(median[1], np.median(10 * np.delete(np.arange(11.0), 3)))
        self.assertTrue(np.isnan(figures.quantile_band(np.full((4, 2), np.nan))).all())

    def test_heatmap_shows_numbers_and_what_they_are(self):
        figure = figures.heatmap(self.results, "loss", "init", "activation", "depth")
        seen = texts(figure)
        for word in ("depth = 1", "depth = 3", "init", "he_normal", "leaky_relu", "final loss, median", "12% div."):
            self.assertIn(word, seen)
        self.assertTrue(any("share of networks that diverged" in text for text in seen))

    def test_trajectories_show_axes_and_legend(self):
        seen = texts(figures.trajectories(self.results, "loss", "depth", "activation", "init"))
        for word in ("optimiser steps", "loss of the training set", "activation = sigmoid", "depth = 2", "glorot_uniform"):
            self.assertIn(word, seen)

    def test_missing_networks_are_said(self):
        results = initsweep.open_results(self.holes)
        title = figures.heatmap(results, "loss", "init", "activation", "depth")._suptitle.get_text()
        self.assertIn("69 of 480 networks are missing", title)

    def test_odd_files_can_be_drawn(self):
        one = self.results.isel(network=[0], record=[0])
        diverged = self.results.copy()
        diverged["status"] = ("network", np.full(480, initsweep.DIVERGED, dtype=np.int8))
        nothing = self.results.copy()
        nothing["status"] = ("network", np.zeros(480, dtype=np.int8))
        nothing["loss"] = nothing["loss"] * np.nan
        long = self.results.copy()
        long.attrs.update(title="a long title, " * 40, about="a longer text, " * 100)
        long["init"] = ("network", np.array([f"{name} with a name that does not end {name}" for name in long.init.values],
                                            dtype=object), long.init.attrs)
        for results in (one, diverged, nothing, long):
            figures.overview(results, "loss", "loss").draw_without_rendering()

    def test_no_text_leaves_the_figure_or_covers_another(self):
        """Titles, tick labels and cells of the overview stay apart."""
        figure = figures.overview(self.results, "loss", "accuracy")
        figure.draw_without_rendering()
        renderer = figure._get_renderer()
        cell = [text.get_window_extent(renderer) for panel in figure.subfigs[2].axes for text in panel.texts]
        self.assertGreater(len(cell), 60)
        overlaps = sum(a.overlaps(b) for i, a in enumerate(cell) for b in cell[i + 1:])
        self.assertEqual(overlaps, 0)
        parts = [part.get_tightbbox(renderer) for part in figure.subfigs]
        for upper, lower in zip(parts, parts[1:]):
            self.assertGreaterEqual(upper.y0, lower.y1 - 0.05)


if __name__ == "__main__":
    unittest.main()
