"""Figures show what was swept: axes, zips, holes and samples, what is pooled, and the best of what is not shown."""
import unittest
import warnings

import matplotlib.collections
import numpy as np

import sample_results  # noqa: F401 (the folder of the library)
import initsweep
from initsweep import curves, figures, heatmaps, maps, plots, scales, surfaces
from initsweep.design import Role, read_axes, view
from made_up import learning, panels_of, texts


def grid(**axes):
    """Made-up networks of a full grid. axes: the values of each setting, the slowest first."""
    at = np.meshgrid(*axes.values(), indexing="ij")
    return learning(**{name: values.ravel().astype(object if values.dtype.kind in "OU" else values.dtype)
                       for name, values in zip(axes, at)})


def with_final(dataset, final):
    """The networks with these final losses [network], and 1 at the start."""
    loss = np.linspace(1, 0, 5) + np.outer(final, np.linspace(0, 1, 5))
    return dataset.assign(loss=(("network", "record"), loss, {"long_name": "loss"}))


def zipped():
    """Width and learning rate together, with each of two starts and three replicates."""
    dataset = grid(init=["zeros", "ones"], width=[8, 16, 32], replicate=[0, 1, 2])
    rate = 1.6 / dataset.width.values
    return dataset.assign_coords(learning_rate=("network", rate, {"path": "train.learning_rate"}))


def image_values(panel):
    """The values of a heat map's panel, NaN for none: [rows, columns]."""
    return np.ma.filled(panel.images[0].get_array().astype(float), np.nan)


class Axes(unittest.TestCase):
    def test_settings_that_vary_together_are_one_axis(self):
        axes = read_axes(zipped())
        self.assertEqual([axis.label for axis in axes], ["width, learning_rate", "replicate", "init"])
        self.assertEqual(axes[0].texts, ["8, 0.2", "16, 0.1", "32, 0.05"])
        figure = figures.heatmap(with_final(zipped(), np.arange(18.0)))
        self.assertEqual(image_values(panels_of(figure)[0]).tolist(), [[1, 4, 7], [10, 13, 16]])  # and no diagonal
        self.assertIn("width, learning_rate", texts(figure))

    def test_a_setting_that_varies_with_another_can_lead(self):
        figure = figures.heatmap(zipped(), columns="learning_rate")
        self.assertLessEqual({"0.05, 32", "0.1, 16", "0.2, 8", "learning_rate, width"}, set(texts(figure)))
        with self.assertRaisesRegex(ValueError, "learning_rate cannot be both columns and rows|both rows and columns"):
            figures.heatmap(zipped(), columns="learning_rate", rows="width")

    def test_a_rate_for_each_optimizer_is_an_axis_with_holes(self):
        dataset = learning(optimizer=np.repeat(["sgd", "adam"], 2).astype(object),
                           learning_rate=np.array([0.1, 0.2, 0.001, 0.002]))
        self.assertEqual([axis.name for axis in read_axes(dataset)], ["optimizer", "learning_rate"])

    def test_parameters_of_a_choice_are_in_its_labels_or_an_axis_of_their_own(self):
        dataset = learning(init=np.array(["zeros", "normal", "normal"], object), init_std=np.array([np.nan, 0.1, 1.0]))
        self.assertEqual([(axis.name, axis.texts) for axis in read_axes(dataset)],
                         [("init", ["zeros", "normal(std=0.1)", "normal(std=1)"])])
        self.assertEqual([axis.name for axis in read_axes(dataset.isel(network=[1, 2]))], ["init_std"])

    def test_every_kind_takes_its_axes_from_the_sweep(self):
        dataset = grid(learning_rate=[0.01, 0.1, 1.0], clip_norm=[1.0, 10.0], replicate=[0, 1])
        self.assertEqual(image_values(panels_of(figures.heatmap(dataset))[0]).shape, (2, 3))
        self.assertEqual([len(panel.lines) for panel in panels_of(figures.trajectories(dataset))], [3, 3])
        self.assertEqual(len(panels_of(plots.small_multiples(dataset))), 3)
        self.assertEqual(len(panels_of(plots.by_layer(dataset))), 6)
        self.assertEqual(len(panels_of(curves.curve(dataset))[0].lines), 2)

    def test_repeats_are_pooled_and_never_an_axis_by_default(self):
        figure = figures.heatmap(grid(seed=[1, 2, 3], replicate=[0, 1]))
        self.assertEqual(image_values(panels_of(figure)[0]).shape, (1, 1))
        self.assertIn("median final value; pooled: replicate (2 values), seed (3 values); n = 6 networks\nper cell",
                      texts(figure))

    def test_the_subtitle_counts_the_networks_of_a_cell(self):
        dataset = grid(init=["zeros", "ones"], replicate=[0, 1, 2])
        self.assertIn("n = 2 to 3 networks per line",
                      " ".join(texts(figures.trajectories(dataset.isel(network=[0, 1, 2, 3, 4])))))
        alone = dataset.isel(network=[0, 3])
        self.assertIn("n = 1 network per line", texts(figures.trajectories(alone)))


class Cells(unittest.TestCase):
    def holes(self):
        """One cell is not in the sweep, one diverged, one is missing."""
        dataset = grid(init=["zeros", "ones"], activation=["tanh", "relu"], replicate=[0, 1])
        dataset = dataset.isel(network=[2, 3, 4, 5, 6, 7])
        status = [initsweep.DIVERGED] * 2 + [initsweep.MISSING] * 2 + [initsweep.COMPLETED] * 2
        return dataset.assign(status=("network", np.array(status)))

    def test_holes_are_what_they_are(self):
        figure = figures.heatmap(self.holes())
        panel = panels_of(figure)[0]
        seen = texts(figure)
        for word in ("all networks diverged", "not trained yet", "not in the sweep", "100% div.", "missing"):
            self.assertIn(word, seen)
        found = {(patch.get_x() + 0.5, patch.get_y() + 0.5): (patch.get_facecolor()[:3], patch.get_hatch())
                 for patch in panel.patches}
        white = (1.0, 1.0, 1.0)
        row = {name: at for at, name in enumerate(("zeros", "ones"))}
        columns = [label.get_text() for label in panel.get_xticklabels()]
        at = lambda init, activation: (columns.index(activation), row[init])
        self.assertEqual(found[at("zeros", "tanh")], (white, None))
        self.assertEqual(found[at("ones", "tanh")], (white, "...."))
        self.assertNotEqual(found[at("zeros", "relu")][0], white)
        self.assertNotIn(at("ones", "relu"), found)

    def test_no_colour_of_a_value_is_that_of_a_missing_one(self):
        """Grey and white belong to networks without a value."""
        for quantity in ("loss", "accuracy"):
            colours = scales.colour_map(quantity)(np.linspace(0, 1, 256))[:, :3]
            self.assertGreater((colours.max(axis=1) - colours.min(axis=1)).min(), 0.2)

    def test_equally_good_cells_look_equally_good(self):
        """Neither 0.994 of 1 nor a loss of 0.42 beside 0.39 is the worst colour."""
        dataset = grid(init=["zeros", "ones"])
        dataset["accuracy"] = dataset["loss"]
        norm = scales.colour_norm(dataset, "accuracy", np.array([0.994, 1.0]))
        self.assertGreater(norm(0.994), 0.99)
        norm = scales.colour_norm(dataset, "loss", np.array([0.39, 0.42]))  # 1 at the start
        self.assertEqual((norm.vmin, norm.vmax), (0, 1))
        norm = scales.colour_norm(dataset, "loss", np.array([0.001, 0.42]))
        self.assertEqual((norm.vmin, norm.vmax), (0.001, 1))

    def test_cells_show_spread_and_number_where_there_is_room(self):
        dataset = with_final(grid(init=["zeros", "ones"], replicate=np.arange(11)), np.tile(np.arange(11.0), 2))
        self.assertLessEqual({"5", "1 … 9", "n = 11"}, set(texts(figures.heatmap(dataset))))
        many = with_final(grid(init=["zeros", "ones"], width=np.arange(1, 15), replicate=[0, 1]), np.ones(56))
        many = many.isel(network=np.arange(55))
        seen = texts(figures.heatmap(many))
        self.assertIn("n 1", seen)
        self.assertNotIn("n = 2", seen)

    def test_panels_that_are_too_wide_stand_below_each_other(self):
        dataset = grid(init=["zeros", "ones"], activation=list("abcdef"), depth=[1, 2, 3, 4])
        figure = figures.heatmap(dataset)
        self.assertLessEqual(figure.get_size_inches()[0], 8)
        self.assertEqual(panels_of(figure)[0].get_subplotspec().get_gridspec().get_geometry(), (2, 2))

    def test_an_overview_has_the_heat_map_and_four_panels(self):
        dataset = grid(init=["zeros", "ones"], activation=list("abcdef"), depth=[1, 2, 3, 4])
        figure = figures.overview(dataset)
        lines = [panel for panel in panels_of(figure) if panel.lines]
        self.assertEqual(len(lines), 4)
        self.assertIn("lines: 4 of 24 panels", " ".join(texts(figure)).replace("\n", " "))
        self.assertEqual(lines[0].get_title() + lines[1].get_title(), "activation = af")
        self.assertLessEqual(figure.get_size_inches()[0], 8)


class Best(unittest.TestCase):
    def rates(self):
        """Medians of tanh are 2 and 1 at rates 0.1 and 1, those of relu 3 and infinite, as two of three diverged."""
        dataset = grid(activation=["tanh", "relu"], learning_rate=[0.1, 1.0], replicate=[0, 1, 2])
        dataset = with_final(dataset, np.array([1, 2, 9, 0.5, 1, 9, 2, 3, 4, 0.1, 0.1, 0.1]))
        return dataset.assign(status=("network", np.array([1] * 9 + [initsweep.DIVERGED] * 2 + [1])))

    def test_the_best_value_of_a_setting_is_that_of_the_best_median(self):
        figure = figures.heatmap(self.rates(), best_over=["learning_rate"])
        self.assertEqual(image_values(panels_of(figure)[0]).ravel().tolist(), [1, 3])
        self.assertIn("median final value; best of 2 learning_rate for each cell, by the median final loss; pooled: "
                      "replicate (3 values); n = 3 networks per cell", " ".join(texts(figure)).replace("\n", " "))

    def test_without_it_the_setting_is_pooled_and_named(self):
        shown = heatmaps.heatmap_view(self.rates(), "loss", rows="activation")
        self.assertEqual(shown.axes["columns"].name, "learning_rate")
        figure = plots.small_multiples(self.rates(), panels="activation", colour="replicate")
        self.assertIn("pooled: learning_rate (2 values); n = 2 networks per thick line", texts(figure))

    def test_large_accuracies_are_the_best(self):
        dataset = self.rates()
        dataset["accuracy"] = dataset["loss"]
        shown = view(dataset, [Role("rows", "activation")], {}, "accuracy", "cell", ["learning_rate"])
        self.assertEqual(shown.dataset.learning_rate.values.tolist(), [0.1] * 6)

    def test_networks_are_judged_by_their_loss_where_the_figure_has_none(self):
        figure = plots.by_layer(self.rates(), best_over=["learning_rate"])
        self.assertIn("by the median final loss", " ".join(texts(figure)))
        with self.assertRaisesRegex(ValueError, "smallest loss, which the file does not have"):
            plots.by_layer(self.rates().drop_vars("loss"), best_over=["learning_rate"])


class Curves(unittest.TestCase):
    def test_points_are_medians_and_bars_exact_intervals(self):
        """Of 11 networks the interval of the median is from the second to the tenth (Conover 1999, table A3)."""
        final = np.concatenate([np.arange(11.0), 10 + np.arange(11.0)])
        figure = curves.curve(with_final(grid(init_noise=[0.01, 1.0], replicate=np.arange(11)), final))
        panel = panels_of(figure)[0]
        self.assertEqual(panel.lines[0].get_xydata().tolist(), [[0.01, 5], [1, 15]])
        bars = next(one for one in panel.collections if isinstance(one, matplotlib.collections.LineCollection))
        self.assertEqual([segment[:, 1].tolist() for segment in bars.get_segments()], [[1, 9], [11, 19]])
        self.assertEqual(panel.get_xscale(), "log")
        self.assertIn("line: median; bar: 95 % interval of the median", texts(figure))

    def test_few_networks_have_their_range(self):
        figure = curves.curve(with_final(grid(depth=[1, 2], replicate=[0, 1, 2]), np.array([1, 3, 2, 4, 5, 9.0])))
        bars = panels_of(figure)[0].collections[0]
        self.assertEqual([segment[:, 1].tolist() for segment in bars.get_segments()], [[1, 3], [4, 9]])
        self.assertIn("line: median; bar: from the smallest to the largest network", texts(figure))

    def test_a_hole_of_the_grid_has_no_bar_and_no_warning(self):
        dataset = grid(init=["zeros", "ones"], depth=[1, 2], replicate=[0, 1]).isel(network=np.arange(6))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            panel = panels_of(curves.curve(dataset))[0]
        self.assertEqual([len(bars.get_segments()) for bars in panel.collections], [2, 1])

    def test_networks_that_diverged_are_the_worst(self):
        dataset = with_final(grid(depth=[1, 2, 3], replicate=[0, 1, 2]), np.ones(9))
        dataset["status"] = ("network", np.array([1, 1, 1, 3, 1, 1, 3, 3, 1]))
        panel = panels_of(curves.curve(dataset))[0]
        line, crosses = panel.lines
        np.testing.assert_array_equal(line.get_ydata(), [1, 1, np.nan])
        self.assertEqual((crosses.get_xdata().tolist(), crosses.get_marker()), ([3], "x"))
        self.assertEqual(crosses.get_ydata()[0], panel.get_ylim()[1])

    def test_the_best_value_is_that_of_the_best_record(self):
        dataset = grid(depth=[1, 2])
        dataset["loss"][:, 2] = 0.05
        self.assertEqual(panels_of(curves.curve(dataset, value="best"))[0].lines[0].get_ydata().tolist(), [0.05] * 2)
        np.testing.assert_allclose(panels_of(curves.curve(dataset))[0].lines[0].get_ydata(), 0.1)
        with self.assertRaisesRegex(ValueError, "final or best, not 'first'"):
            curves.curve(dataset, value="first")

    def test_names_are_sorted_bars(self):
        dataset = with_final(grid(init=["a", "b", "c"], replicate=[0, 1, 2]), np.repeat([0.5, 0.25, 0.75], 3))
        panel = panels_of(curves.curve(dataset))[0]
        self.assertEqual([label.get_text() for label in panel.get_yticklabels()], ["b", "a", "c"])
        width = {round(bar.get_y() + bar.get_height() / 2): bar.get_width() for bar in panel.patches}
        self.assertEqual(width, {0: 0.25, 1: 0.5, 2: 0.75})
        self.assertGreater(panel.get_ylim()[0], panel.get_ylim()[1])  # the best at the top

    def test_the_only_setting_is_on_the_axis_whatever_its_name(self):
        panel = panels_of(curves.curve(with_final(grid(activation=["tanh", "relu"]), np.array([0.5, 0.25]))))[0]
        self.assertEqual([label.get_text() for label in panel.get_yticklabels()], ["relu", "tanh"])

    def test_names_have_points_on_a_logarithmic_scale(self):
        panel = panels_of(curves.curve(with_final(grid(init=["a", "b"]), np.array([1e-6, 0.5]))))[0]
        self.assertEqual((panel.get_xscale(), len(panel.patches)), ("log", 0))
        self.assertEqual(panel.lines[0].get_xdata().tolist(), [1e-6, 0.5])

    def test_axes_are_logarithmic_if_their_values_are_spaced_so(self):
        for values, logarithmic in (([0.1, 1, 3], True), ([1, 2, 3], False), ([1, 2], False), ([0.01, 1], True),
                                    ([0, 1e-3, 1e-1], True), (np.geomspace(1, 2, 5), False), ([-1, 1, 100], False),
                                    ([8, 16, 32, 64], True), (np.linspace(0.5, 3, 11), False)):
            self.assertIs(scales.is_log_spaced(np.array(values, float)), logarithmic, values)

    def test_zero_has_a_place_on_a_logarithmic_axis(self):
        panel = panels_of(curves.curve(grid(init_noise=[0.0, 0.001, 0.1])))[0]
        self.assertEqual((panel.get_xscale(), panel.get_xticks().tolist()), ("symlog", [0, 0.001, 0.1]))


class Samples(unittest.TestCase):
    def sample(self):
        """Forty points of two numbers, with two activations and two replicates at each."""
        dataset = grid(point=np.arange(40), activation=["tanh", "relu"], replicate=[0, 1])
        at = dataset.point.values
        dataset = dataset.assign_coords(
            learning_rate=("network", 10.0 ** (at / 10 - 3), {"path": "train.learning_rate"}),
            init_std=("network", 1.0 + at * 7 % 40, {"path": "network.init.std"}))
        return with_final(dataset, 1.0 + at)

    def test_sampled_numbers_are_pooled_in_cells_and_points_in_maps(self):
        self.assertIn("pooled: replicate (2 values), learning_rate (40 points), init_std (40 points); n = 80 networks "
                      "per cell", " ".join(texts(figures.heatmap(self.sample()))).replace("\n", " "))
        figure = maps.trainability(self.sample())
        panel = panels_of(figure)[0]
        points = next(one for one in panel.collections if isinstance(one, matplotlib.collections.PathCollection))
        expected = {(round(10.0 ** (at / 10 - 3), 9), 1.0 + at * 7 % 40): 1.0 + at for at in range(40)}
        self.assertEqual({(round(x, 9), y): value for (x, y), value in zip(points.get_offsets(), points.get_array())},
                         expected)
        self.assertEqual(len(panels_of(figure)), 2)

    def test_a_curve_of_a_sample_has_points_and_medians_of_bins(self):
        panel = panels_of(curves.curve(self.sample(), x="learning_rate"))[0]
        points, line = panel.lines
        self.assertEqual(len(points.get_xdata()), 80)
        self.assertEqual(len(line.get_xdata()), curves.BINS)
        np.testing.assert_allclose(line.get_ydata(), 2.5 + 4 * np.arange(10))  # of points 0 to 3, 4 to 7, ...

    def test_numbers_that_vary_together_are_no_plane(self):
        dataset = learning(init_std=np.array([0.1, 1.0]), learning_rate=np.array([0.1, 1.0]))
        with self.assertRaisesRegex(ValueError, "init_std, learning_rate vary together: initsweep plot curve draws"):
            maps.trainability(dataset)
        self.assertIn("init_std (varies with learning_rate)", texts(curves.curve(dataset)))


class Symmetry(unittest.TestCase):
    def test_flat_panels_that_are_equal_are_drawn_once(self):
        dataset = grid(init=["zeros", "ones"], activation=["tanh", "relu"])
        figure = plots.symmetry(dataset, "distinct_units")
        self.assertEqual([panel.get_title() for panel in panels_of(figure)], ["all hidden layers, all activation"])
        units = np.ones((4, 5, 3))
        units[1, 3:, 1] = 4  # the second layer of the first start with relu
        dataset["distinct_units"] = (("network", "record", "layer"), units)
        panels = panels_of(plots.symmetry(dataset, "distinct_units"))
        self.assertEqual([panel.get_title().replace("\n", " ") for panel in panels],
                         ["layer 1, tanh; layer 1, relu; layer 2, tanh", "layer 2, relu"])
        self.assertEqual([line.get_ydata()[-1] for line in panels[1].lines], [4, 1])

    def test_what_is_undefined_is_named(self):
        dataset = grid(init=["zeros", "ones"])
        dataset["mean_cosine"] = dataset["mean_cosine"].where(dataset.init == "ones")
        self.assertIn("undefined, no line: zeros", " ".join(texts(plots.symmetry(dataset, "mean_cosine"))))


class Planes(unittest.TestCase):
    def test_cells_do_not_reach_numbers_below_zero(self):
        edges, logarithmic = maps.cell_edges(np.array([0.1, 1.0, 1.5]))
        self.assertEqual((edges.tolist(), logarithmic), ([0, 0.55, 1.25, 1.75], False))
        self.assertEqual(maps.cell_edges(np.array([-1.0, 1.0]))[0].tolist(), [-2, 0, 2])
        self.assertEqual(maps.cell_edges(np.array([1.0, 2.0, 3.0]), inside=True)[0].tolist(), [1, 1.5, 2.5, 3])

    def test_points_outside_of_the_sweep_are_white_and_missing_ones_hatched(self):
        dataset = grid(learning_rate=[0.1, 0.2, 0.3], clip_norm=[1.0, 2.0, 3.0]).isel(network=np.arange(8))
        dataset["status"] = ("network", np.array([0, 3, 1, 1, 1, 1, 1, 1]))
        figure = maps.trainability(dataset)
        seen = texts(figure)
        for word in ("diverged (more than half of the networks)", "not trained yet", "not in the sweep"):
            self.assertIn(word, seen)
        hatched = [one for one in panels_of(figure)[0].collections if one.get_hatch()]
        self.assertEqual(len(hatched), 1)


class Surfaces(unittest.TestCase):
    def plane(self, **more):
        """The loss 4 + 2 x + y / 2, from 1 to 7; x and y of weights and biases together."""
        dataset = grid(init_x=np.linspace(-1, 1, 5), init_y=np.linspace(-2, 2, 9), **more).isel(record=[0])
        value = 4 + 2 * dataset.init_x.values + dataset.init_y.values / 2
        dataset["loss"] = (("network", "record"), value[:, None], {"long_name": "loss"})
        return dataset.assign_coords(bias_init_x=("network", dataset.init_x.values, {"path": "network.bias_init.x"}),
                                     bias_init_y=("network", dataset.init_y.values, {"path": "network.bias_init.y"}))

    def test_contours_lie_where_the_quantity_has_their_values(self):
        figure = surfaces.surface(self.plane())
        panel = panels_of(figure)[0]
        x, y = np.concatenate([path.vertices for part in panel.collections for path in part.get_paths()]).T
        inside = (np.abs(x) < 0.999) & (np.abs(y) < 1.999)
        levels = (4 + 2 * x + y / 2)[inside] / 7 * (surfaces.LEVELS - 1)
        self.assertGreater(len(levels), 50)
        np.testing.assert_allclose(levels, levels.round(), atol=1e-4)
        self.assertEqual([line.get_xydata().tolist() for line in panel.lines], [[[0, 0]]])
        self.assertEqual((panel.get_xlim(), panel.get_ylim()), ((-1, 1), (-2, 2)))
        self.assertLessEqual({"init_x", "init_y", "final loss"}, set(texts(figure)))

    def test_a_diverged_point_is_a_hole_and_other_settings_are_panels(self):
        dataset = self.plane(init_sparsity=[0.0, 0.5])
        self.assertEqual(len(panels_of(surfaces.surface(dataset))), 2)
        dataset["status"].values[:] = np.where(dataset.init_x.values == 1, initsweep.DIVERGED, initsweep.COMPLETED)
        figure = surfaces.surface(dataset)
        right = max(path.vertices[:, 0].max() for part in panels_of(figure)[0].collections
                    for path in part.get_paths() if len(path.vertices))
        self.assertEqual(right, 0.5)
        self.assertIn("diverged (more than half of the networks)", texts(figure))

    def test_a_relief_has_the_values_as_heights(self):
        panel = panels_of(surfaces.surface(self.plane(), projection="3d"))[0]
        low, high = panel.get_zlim()
        self.assertTrue(0 < low <= 1 and 7 <= high < 8, (low, high))
        self.assertEqual((panel.get_xlabel(), panel.get_ylabel()), ("init_x", "init_y"))

    def path(self, dataset):
        """A surface with the weights of its points, and a training whose snapshots are 0.5 d1 - d2, d1 / 4 beside the
        plane, and its centre; the last slice was not made."""
        random = np.random.default_rng(1)
        centre, first, second = random.normal(size=(3, 12))
        weights = centre + np.outer(dataset.init_x, first) + np.outer(dataset.init_y, second)
        beside = random.normal(size=12)
        basis = np.linalg.qr(np.stack([first, second], axis=1))[0]
        beside -= basis @ (basis.T @ beside)
        snapshots = np.stack([centre + 0.5 * first - second, centre + first / 4 + beside, centre, np.full(12, np.nan)])
        training = grid(replicate=[0, 1])
        training["weights"] = (("network", "weights_record", "parameter"), np.stack([np.zeros((4, 12)), snapshots]))
        training["weights_step"] = ("weights_record", np.array([0, 5, 9, 20]))
        dataset["weights_initial"] = (("network", "parameter"), weights)
        inside = [point - beside * (k == 1) for k, point in enumerate(snapshots[:3])]
        share = np.var(inside, axis=0).sum() / np.var(snapshots[:3], axis=0).sum()
        number = ("network", np.ones(len(weights)), {"path": "network.init.network"})
        return dataset.assign_coords(init_network=number), training, share

    def test_a_trajectory_is_projected_at_right_angles(self):
        dataset, training, share = self.path(self.plane())
        figure = surfaces.surface(dataset, trajectory=training)
        path = next(line for line in panels_of(figure)[0].lines if len(line.get_xdata()) == 3)
        np.testing.assert_allclose(path.get_xydata(), [[0.5, -1], [0.25, 0], [0, 0]], atol=1e-12)
        self.assertIn(f"{100 * share:.3g} % of the variance of the trajectory's weights in the plane",
                      " ".join(texts(figure)))
        self.assertTrue(0.05 < share < 0.95)
        self.assertEqual(panels_of(figure)[0].get_xlim(), (-1, 1))
        np.testing.assert_array_equal(surfaces.project_trajectory(dataset, training).step, [0, 5, 9])
        training["weights"] = training.weights + 3 * (dataset.weights_initial.values[-1] - dataset.weights_initial[0])
        self.assertIn("3 of 3 snapshots outside", texts(surfaces.surface(dataset, trajectory=training, network=1)))

    def test_what_a_trajectory_lacks_is_named(self):
        dataset, training, _ = self.path(self.plane())
        twice, other, *_ = self.path(self.plane(replicate=[0, 1]))
        for plane, path, network, message in (
                (self.plane(), training, 1, "record.weights: initial"),
                (dataset, training.drop_vars("weights"), 1, "record.weights: {steps: ...}"),
                (dataset, training, 2, "there is no network 2"),
                (dataset, training.isel(parameter=slice(7)), 1, "network 1 of the training has 7 weights, those .* 12"),
                (dataset.drop_vars("init_network"), training, None, "--network N"),
                (twice, other, 1, "2 networks at x = -1, y = -2"),
                (dataset, None, 1, "--trajectory")):
            with self.assertRaisesRegex(ValueError, message):
                surfaces.surface(plane, trajectory=path, network=network)
        with self.assertRaisesRegex(ValueError, "not over a relief"):
            surfaces.surface(dataset, projection="3d", trajectory=training)

    def test_the_barrier_of_a_line_is_above_the_straight_line_between_its_ends(self):
        t = np.linspace(-0.5, 1.5, 9)
        self.assertEqual(surfaces.barrier(t, 1 + t - 4 * t * (t - 1)), 1.0)
        self.assertEqual(surfaces.barrier(t, t ** 2), 0.0)
        self.assertTrue(np.isnan(surfaces.barrier(t[3:], t[3:])))
        dataset = grid(init_t=t).isel(record=[0])
        dataset["loss"] = (("network", "record"), (1 + t - 4 * t * (t - 1))[:, None], {"long_name": "loss"})
        figure = surfaces.line(dataset)
        panel = panels_of(figure)[0]
        self.assertIn("barrier 1", " ".join(texts(figure)))
        self.assertTrue(any(np.array_equal(line.get_ydata(), dataset.loss.values[:, 0]) for line in panel.lines))
        self.assertLessEqual({0, 1}, {float(line.get_xdata()[0]) for line in panel.lines if len(line.get_xdata()) == 2})

    def test_without_the_initialiser_the_message_names_it(self):
        with self.assertRaisesRegex(ValueError, "no setting init_x; .*x and y of the initialiser plane"):
            surfaces.surface(grid(init=["zeros", "ones"]))
        with self.assertRaisesRegex(ValueError, "no setting init_t; .*t of the initialiser interpolate"):
            surfaces.line(grid(init=["zeros", "ones"]))


class Hessian(unittest.TestCase):
    def test_scales_follow_the_medians_and_all_panels_begin_at_step_0(self):
        dataset = grid(init=["zeros", "ones"], activation=["tanh", "relu"])
        for name, value in (("hessian_max", 5.0), ("hessian_min", -1.0)):
            dataset[name] = (("network", "record"), value * np.ones((4, 5)))
        panels = panels_of(plots.hessian(dataset))
        self.assertEqual({panel.get_xlim() for panel in panels}, {panels[0].get_xlim()})
        self.assertLess(panels[2].get_ylim()[0], -1)
        self.assertEqual(panels[2].get_ylim()[1], 0)
        self.assertEqual(panels[0].get_ylim()[0], 0)

    def test_one_of_the_two_eigenvalues_is_enough(self):
        dataset = grid(init=["zeros", "ones"])
        dataset["hessian_max"] = (("network", "record"), 5.0 * np.ones((2, 5)))
        self.assertEqual([panel.get_ylabel() for panel in panels_of(plots.hessian(dataset))], ["largest eigenvalue"])


if __name__ == "__main__":
    unittest.main()
