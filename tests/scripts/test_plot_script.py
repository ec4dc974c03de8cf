"""plot.py on results files of made-up networks: it writes what it says, the same bytes each time, with the right
numbers."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import matplotlib
import numpy as np
import xarray
from matplotlib.image import imread

from sample_results import SCRIPTS, make, plot_here, run_script
import initsweep
from initsweep import figures, heatmaps, intervals, maps, plots, scales
from initsweep.design import column_values, view
from made_up import learning, panels_of, texts


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
        shown = view(dataset, maps.ROLES, {"rows": "std", "columns": "rate"}, "loss", "point")
        plain = maps.map_cells(shown._replace(dataset=dataset.drop_vars("level")), "loss").panel(0)
        self.assertEqual((plain.value.shape, plain.trained.sum(), plain.diverged.sum()), ((9, 9), 25 + 5, 3))
        filled = maps.map_cells(shown, "loss").panel(0)
        np.testing.assert_array_equal(filled.value[plain.trained], plain.value[plain.trained])
        self.assertEqual(filled.value[7, 1], plain.value[8, 0])  # the coarse point around it
        self.assertEqual(filled.value[1, 5], plain.value[0, 4])
        self.assertTrue(filled.diverged[2, 7])

    def test_map_is_drawn_and_says_how_much_was_trained(self):
        figure = maps.trainability(self.plane())
        self.assertIn("30 of 81 networks trained", " ".join(texts(figure)))
        panel = panels_of(figure)[0]
        self.assertEqual((panel.get_xscale(), panel.get_yscale()), ("log", "linear"))
        with self.assertRaisesRegex(ValueError, "two swept settings"):
            maps.trainability(self.plane().drop_vars("std"))


class WhatAReaderMustKnow(unittest.TestCase):
    """Nothing is left out, pooled or chosen without a word in the figure."""

    def test_a_constant_of_one_value_says_which(self):
        init = np.array(["zeros", "constant", "he_normal"], object)
        dataset = learning(init=init, init_value=np.array([np.nan, 0.25, np.nan]),
                           init_gain=np.array([np.nan, np.nan, 1.4]))
        self.assertEqual(column_values(dataset, "init")[0], ["zeros", "constant(value=0.25)", "he_normal"])

    def phases(self):
        grid = np.meshgrid([0.5, 1.0, 2.0], [0.0, 0.5], [0, 1, 2], ["tanh", "relu"], [3, 5], indexing="ij")
        w, b, replicate, activation, depth = (at.ravel() for at in grid)
        dataset = learning(init_sigma_w=w, bias_init_std=b, replicate=replicate, activation=activation.astype(object),
                           depth=depth)
        final = np.where(activation == "relu", 3.0, 1.0) + replicate ** 2 + 100.0 * (depth == 5)
        dataset["loss"] = (("network", "record"), final[:, None] * np.ones(5))
        dataset["status"] = ("network", np.where((w == 2.0) & (replicate > 0) | (w == 0.5) & (replicate == 1),
                                                 initsweep.DIVERGED, 1))
        return dataset

    def test_phase_shows_every_activation_and_medians_and_says_what_it_left_out(self):
        self.assertIn("pooled: depth (2 values), replicate (3 values); n = 6 networks per point",
                      " ".join(texts(plots.phase(self.phases()))))
        figure = plots.phase(initsweep.select(self.phases(), depth=3))
        self.assertIn("pooled: replicate (3 values); n = 3 networks per point", texts(figure))
        panels = panels_of(figure)
        self.assertEqual([panel.get_title() for panel in panels], ["activation = tanh", "relu"])
        self.assertEqual((panels[0].get_xlim(), panels[0].get_ylim()), ((0.5, 2.0), (0.0, 0.5)))  # those of the data
        # of 0, 1, 4 more than 1 or 3; without the 1 that diverged at 0.5 it is one more
        for panel, median in zip(panels, (2.0, 4.0)):
            grey, image = panel.collections[:2]
            shown = np.ma.filled(np.ma.masked_invalid(image.get_array().astype(float)), np.nan).reshape(2, 3)
            np.testing.assert_array_equal(shown, [[median + 1, median, np.nan]] * 2)  # two of three diverged at 2
            self.assertEqual(np.count_nonzero(np.ma.filled(grey.get_array(), np.nan) == 1), 2)
        self.assertIn("diverged (more than half of the networks)", texts(figure))

    def test_maps_take_two_numbers_that_span_a_plane(self):
        init = np.array(["normal"] * 3 + ["uniform"] * 4, object)
        dataset = learning(init=init, init_std=np.array([1.0, 2, 3] + [np.nan] * 4),
                           init_low=np.array([np.nan] * 3 + [-1.0, -1, -2, -2]),
                           init_high=np.array([np.nan] * 3 + [1.0, 2, 1, 2]))
        with self.assertRaisesRegex(ValueError, "two swept settings that are numbers; the file has none; --rows and "
                                    "--columns also accept parameters of a choice: init_std, init_low, init_high"):
            maps.trainability(dataset)
        figure = maps.trainability(dataset, rows="init_low", columns="init_high")
        self.assertIn("left out: 3 networks without init_high, init_low; n = 1 network per point", texts(figure))
        self.assertLessEqual({"init_low", "init_high"}, set(texts(figure)))
        with self.assertRaisesRegex(ValueError, "init is not a number; the numbers swept are: none"):
            maps.trainability(dataset, rows="init_low", columns="init")

    def test_layers_of_different_depth_are_not_pooled(self):
        dataset = learning(depth=np.array([1, 2, 2]))
        dataset["gradient_norm"][0] = 50.0
        for figure in (plots.by_layer(dataset), plots.spectra(dataset)):
            self.assertIn("networks of depth 2 (there are 1, 2); n = 2 networks per",
                          " ".join(texts(figure)).replace("panel", "line"))
        for line in panels_of(plots.by_layer(dataset))[0].lines:
            self.assertEqual(line.get_ydata()[0], 1)
        self.assertEqual(len(panels_of(plots.by_layer(dataset, rows="depth"))), 2)

    def test_units_are_compared_in_hidden_layers(self):
        self.assertEqual([len(panels_of(plots.by_layer(learning(depth=[2]), name))[0].lines)
                          for name in ("distinct_units", "mean_cosine", "gradient_norm")], [2, 2, 3])

    def test_lines_that_coincide_are_both_seen(self):
        panel = panels_of(figures.trajectories(learning(init=np.array(["zeros", "ones"], object))))[0]
        lower, upper = panel.lines
        np.testing.assert_array_equal(lower.get_ydata(), upper.get_ydata())
        self.assertGreater(lower.get_linewidth(), upper.get_linewidth() + 1)

    def test_power_law_has_its_standard_error(self):
        """4 points on y = x^-2, one moved by a factor of e^0.1: residuals of the logarithms 0.01 - 4 / 40^2 - 5 / 100^2
        = 0.007 square."""
        x = np.exp([0.0, 1, 2, 3])
        b, error, _ = plots.power_law(x, x ** -2 * np.exp([0, 0.1, 0, 0]))
        self.assertAlmostEqual(b, -2.01)  # cov(x, y) / var(x) = -0.05 / 5
        self.assertAlmostEqual(error, np.sqrt(0.007 / 2 / 5))
        noise = np.repeat([0.01, 0.1, 1.0], 2)
        dataset = learning(init_noise=noise)
        dataset["escape_step"] = ("network", 10 * np.array([100, 100, 12, 12, 1, 1.0]))
        self.assertRegex(" ".join(texts(plots.escape_time(dataset))), r"init_noise\^\(-1\.00 ± 0\.05\)")

    def test_numbers_are_rounded_where_their_error_begins(self):
        for value, error, text in ((-1.0123, 0.0053, "-1.012 ± 0.005"), (0.35, 0.012, "0.350 ± 0.012"),
                                   (12.3, 2.5, "12 ± 2"),
                                   (0.5, np.nan, "0.5"), (3.0, 0.0, "3.000000000 ± 0.000000000")):
            self.assertEqual(initsweep.intervals.with_error(value, error), text)

    def test_networks_about_to_diverge_leave_the_others_room(self):
        dataset = learning(init=np.array(["zeros", "ones"], object))
        dataset["loss"][1, 1:] = [1e10, 1e20, 1e30, 1e38]
        figure = figures.trajectories(dataset)
        panel = panels_of(figure)[0]
        low, high = panel.get_ylim()
        self.assertLess(high, 1e5)
        self.assertLess(low, 0.1)
        self.assertIn("on the way to divergence", " ".join(texts(figure)))
        norm = scales.colour_norm(dataset, "loss", np.array([0.1, 1e38]))
        self.assertLess(norm.vmax, 1e5)

    def test_zeros_stay_off_logarithmic_scales_and_bounded_quantities_off_them(self):
        dataset = learning(depth=[2])
        dataset["gradient_norm"] = (("network", "record", "layer"),
                                    np.array([0, 1e-6, 1e-3, 1, 1])[None, :, None] * np.ones(3))
        figure = plots.by_layer(dataset)
        panel = panels_of(figure)[0]
        self.assertEqual(panel.get_yscale(), "log")
        self.assertTrue(np.isnan(panel.lines[0].get_ydata()[0]))
        self.assertIn("no line: exactly 0", " ".join(texts(figure)))
        dataset["mean_cosine"] = dataset["gradient_norm"]
        self.assertEqual(panels_of(plots.by_layer(dataset, "mean_cosine"))[0].get_yscale(), "linear")
        dataset["singular_value_max"] = (("network", "record", "layer"),
                                         np.array([1.0, 1e-3, 1e-17]) * np.ones((1, 5, 1)))
        panel = panels_of(plots.spectra(dataset))[0]
        self.assertGreater(panel.get_ylim()[0], 1e-5)
        self.assertLess(panel.get_ylim()[1], 10)
        zero = panel.get_yticks()[0]  # what is 0 up to rounding has a place and a tick of its own
        self.assertEqual(panel.get_yticklabels()[0].get_text(), "0")
        np.testing.assert_array_equal(panel.lines[0].get_ydata(), [1.0, 1e-3, zero])
        self.assertLess(zero, 1e-3)

    def test_ticks_around_zero_stay_apart(self):
        import matplotlib.figure
        figure = matplotlib.figure.Figure(figsize=(3, 1.9))
        panel = figure.subplots()
        panel.plot([-5.0, -1e-3, 0, 1e-3, 5.0])
        scales.symmetric_log(panel, np.array([-5.0, 5.0]))
        figure.draw_without_rendering()
        boxes = [label.get_window_extent() for label in panel.get_yticklabels() if label.get_text()]
        self.assertGreaterEqual(len(boxes), 3)
        self.assertEqual(sum(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1:]), 0)

    def test_one_record_is_a_point(self):
        dataset = learning(depth=[2]).isel(record=[0])
        for figure in (plots.small_multiples(dataset), plots.by_layer(dataset)):
            panel = panels_of(figure)[0]
            self.assertEqual({line.get_marker() for line in panel.lines} - {"None"}, {"o"})
            self.assertEqual(list(panel.get_xticks()), [0])

    def test_multiples_label_the_lowest_panel_of_each_column(self):
        figure = plots.small_multiples(learning(init=np.array(list("abcde"), object)))
        figure.draw_without_rendering()
        shown = [panel.xaxis.get_major_ticks()[0].label1.get_visible() for panel in panels_of(figure)]
        self.assertEqual(shown, [False, False, True, True, True])

    def test_few_decades_have_ticks_between_powers_of_ten(self):
        import matplotlib.figure
        panel = matplotlib.figure.Figure().subplots()
        panel.set_yscale("log")
        panel.set_ylim(0.3, 8)
        scales.logarithmic_ticks(panel.yaxis, 0.3, 8)
        inside = [tick for tick in panel.get_yticks() if 0.3 <= tick <= 8]
        np.testing.assert_allclose(inside, [0.5, 1, 2, 5])


class Style(unittest.TestCase):
    def test_a_figure_has_its_own_style_and_leaves_the_callers(self):
        """Other settings of the caller change no byte of a figure, and stay as they are."""
        dataset, images = learning(init=np.array(["zeros", "ones"], object)), []
        with tempfile.TemporaryDirectory() as folder:
            for settings in ({}, {"font.size": 20, "axes.grid": False, "savefig.dpi": 40, "svg.hashsalt": None}):
                with matplotlib.rc_context(settings):
                    before = dict(matplotlib.rcParams)
                    figure = figures.trajectories(dataset)
                    figure.canvas.draw()  # as a notebook does
                    self.assertEqual({text.get_fontsize() for text in panels_of(figure)[0].get_xticklabels()}, {9.0})
                    images.append([])
                    for name in ("figure.png", "figure.svg"):
                        figures.save(figure, os.path.join(folder, name))
                        with open(os.path.join(folder, name), "rb") as file:
                            images[-1].append(file.read())
                    self.assertEqual(dict(matplotlib.rcParams), before)
        self.assertTrue(images[0] == images[1])

    def test_an_import_changes_no_setting_of_matplotlib(self):
        program = "import matplotlib; before = dict(matplotlib.rcParams)\n" \
            "import initsweep.plots, initsweep.maps, initsweep.report\nprint(dict(matplotlib.rcParams) == before)"
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", program],
                              env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "True\n"), done.stderr)


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
            done = plot_here(kind, *files)
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
        done = plot_here("heatmap", self.full, "-o", out, "--quantity", "accuracy")
        self.assertEqual((done.returncode, done.stdout), (0, out + "\n"))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "only.png")))

    def test_formats_size_and_selection(self):
        out = os.path.join(self.folder, "asked")
        done = plot_here("trajectories", self.full, "-o", out, "--format", "png,pdf", "--size", "4x3.5", "--dpi", "80",
                          "--select", "depth=1,2", "--select", "init=zeros,he_normal")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, f"{out}.png\n{out}.pdf\n", ""))
        self.assertEqual(imread(out + ".png").shape[:2], (280, 320))
        with open(out + ".pdf", "rb") as file:
            text = file.read()
        self.assertTrue(text.startswith(b"%PDF"))
        self.assertIn(b"/MediaBox [ 0 0 288 252 ]", text)
        self.assertNotIn(b"CreationDate", text)

    def test_what_the_file_lacks_is_an_error(self):
        for arguments, word in ((["heatmap", self.full, "--quantity", "losses"], "no quantity 'losses'"),
                                (["heatmap", self.full, "--rows", "dept"],
                                 "no setting 'dept'; did you mean 'depth'? (swept are: init, activation, depth, "),
                                (["heatmap", self.full, "--rows", "width"],
                                 "width was not swept: it is 3 in all these networks; swept are: init, activation"),
                                (["heatmap", self.full, "--rows", "depth", "--best-over", "depth"],
                                 "depth cannot be both best-over and rows"),
                                (["heatmap", self.full, "--x", "depth"],
                                 "heatmap has no --x; it has: --quantity, --rows, --columns, --panels, --best-over"),
                                (["heatmap", self.full, "--quantity", "gradient_norm"], "no quantity"),
                                (["heatmap", self.full, "--select", "depth=9"],
                                 "no network has depth = 9; there are: 1, 2, 3"),
                                (["heatmap", self.full, "--select", "depth=deep"], "depth is a number"),
                                (["heatmap", self.full, "--select", "depth"], "expected SETTING=VALUE"),
                                (["heatmap", self.full, "--size", "7"], "one in inches, from 1 to 100, is 6.5x4"),
                                (["heatmap", self.full, "--format", "jpg"],
                                 "unknown format 'jpg'; known are png, svg, pdf"),
                                (["overview", os.path.join(self.folder, "none.h5")], "no such file"),
                                (["trajectories", self.full, "--rows", "network"], "no setting 'network'")):
            done = plot_here(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn(word, done.stderr)
            self.assertNotIn("Traceback", done.stderr)

    def test_cells_are_medians_and_shares(self):
        cells = heatmaps.view_cells(heatmaps.heatmap_view(self.results, "loss"), "loss")
        cells = heatmaps.Cells(*(array.reshape(3, 5, 4) for array in cells))
        cube = initsweep.unfold(self.results[["loss", "status"]]).transpose("depth", "init", "activation", "replicate",
                                                                            ...)
        self.assertTrue((cells.trained == 8).all())
        for at in np.ndindex(3, 5, 4):
            status, final = cube.status.values[at], cube.loss.values[at][:, -1]
            self.assertEqual(cells.diverged[at], np.mean(status == initsweep.DIVERGED))
            good = final[status == initsweep.COMPLETED].astype(float)
            np.testing.assert_allclose((cells.low[at], cells.median[at], cells.high[at]),
                                       np.quantile(good, [0.1, 0.5, 0.9]), rtol=1e-14)

    def test_bands_are_quantiles(self):
        values = np.vstack([np.arange(11.0), 10 * np.arange(11.0)]).T
        values[3, 1] = np.nan
        low, median, high = intervals.quantile_band(values)
        np.testing.assert_allclose((low[0], median[0], high[0]), (1, 5, 9))
        np.testing.assert_allclose(median[1], np.median(10 * np.delete(np.arange(11.0), 3)))
        self.assertTrue(np.isnan(intervals.quantile_band(np.full((4, 2), np.nan))).all())

    def test_heatmap_shows_numbers_and_what_they_are(self):
        figure = figures.heatmap(self.results)
        seen = texts(figure)
        for word in ("depth = 1", "3", "init", "he_normal", "leaky_relu", "final loss of the training set", "12% div."):
            self.assertIn(word, seen)
        self.assertTrue(any("div.: share that diverged" in text for text in seen))

    def test_trajectories_show_axes_and_legend(self):
        seen = texts(figures.trajectories(self.results))
        for word in ("optimiser steps", "loss of the training set", "activation = sigmoid", "depth = 1",
                     "glorot_uniform"):
            self.assertIn(word, seen)

    def test_missing_networks_are_said(self):
        results = initsweep.open_results(self.holes)
        self.assertIn("69 of 480 networks are missing", " ".join(texts(figures.heatmap(results))))

    def test_odd_files_can_be_drawn(self):
        one = self.results.isel(network=[0], record=[0])
        diverged = self.results.copy()
        diverged["status"] = ("network", np.full(480, initsweep.DIVERGED, dtype=np.int8))
        nothing = self.results.copy()
        nothing["status"] = ("network", np.zeros(480, dtype=np.int8))
        nothing["loss"] = nothing["loss"] * np.nan
        long = self.results.copy()
        long.attrs.update(title="a long title, " * 40, about="a longer text, " * 100)
        long["init"] = ("network",
                        np.array([f"{name} with a name that does not end {name}" for name in long.init.values],
                                            dtype=object), long.init.attrs)
        for results in (one, diverged, nothing, long):
            figures.overview(results, "loss", "loss").draw_without_rendering()

    def test_no_text_leaves_the_figure_or_covers_another(self):
        """Titles, tick labels and cells of the overview stay apart."""
        figure = figures.overview(self.results, "loss", "accuracy")
        figure.draw_without_rendering()
        renderer = figure._get_renderer()
        upper = figure.subfigs[0].subfigs[0]
        cell = [text.get_window_extent(renderer) for panel in upper.axes for text in panel.texts]
        self.assertGreater(len(cell), 60)
        overlaps = sum(a.overlaps(b) for i, a in enumerate(cell) for b in cell[i + 1:])
        self.assertEqual(overlaps, 0)
        parts = [part.get_tightbbox(renderer) for part in (*figure.subfigs[0].subfigs[::2], figure.subfigs[1])]
        for upper, lower in zip(parts, parts[1:]):
            self.assertGreaterEqual(upper.y0, lower.y1 - 0.05)


if __name__ == "__main__":
    unittest.main()
