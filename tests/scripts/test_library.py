"""The Python library and other readers on results files of made-up networks (sample_results.c says their numbers)."""
import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np
import xarray

from sample_results import make, run_script
import initsweep
from initsweep.results import open_with_h5py

INITS = ["zeros", "constant", "normal", "glorot_uniform", "he_normal"]
ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu"]
POINTS = 5 * 4 * 3 * 8


class Library(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="initsweep-library-")
        cls.full = make(cls.folder, "full.h5")
        cls.holes = make(cls.folder, "holes.h5", "holes", "varying", "float64")
        cls.repeated = make(cls.folder, "repeated.h5", "repeated")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_engines_and_h5py_agree(self):
        for path in (self.full, self.holes):
            expected = open_with_h5py(path)
            for engine in ("netcdf4", "h5netcdf"):
                with xarray.open_dataset(path, engine=engine) as dataset:
                    self.assertEqual(set(dataset.variables), set(expected.variables))
                    self.assertEqual(set(dataset.coords), set(expected.coords))
                    for name in dataset.variables:
                        self.assertEqual(dataset[name].dims, expected[name].dims, name)
                        np.testing.assert_array_equal(dataset[name].values, expected[name].values, name)
                    self.assertEqual(dataset.attrs["title"], "made-up networks")

    def test_datasets_of_xarray_have_the_accessor(self):
        """In a process of its own: the accessor is given when the library is imported, or by open_results."""
        for first, then in (("import xarray, initsweep", f"xarray.open_dataset({self.full!r})"),
                            ("import initsweep, xarray", f"initsweep.open_results({self.full!r})")):
            program = f"{first}\nprint({then}.sweep.final('loss').dims)"
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                                  env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
            self.assertEqual(done.stdout, "('network',)\n", done.stderr)

    def test_ncdump_and_h5dump_read_every_value(self):
        for command in (["ncdump", self.holes], ["h5dump", self.holes]):
            done = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            for word in INITS + ACTIVATIONS + ["provenance", "flag_meanings", "CF-1.10"]:
                self.assertIn(word, done.stdout)
        header = subprocess.run(["ncdump", "-h", self.full], capture_output=True, text=True).stdout
        for line in ("network = 480 ;", "record = 24 ;", "layer = 4 ;", "string init(network) ;",
                     "int64 depth(network) ;",
                     "float loss(network, record) ;", "int distinct_units(network, record, layer) ;",
                     "loss:_FillValue = NaNf ;", "float weights_final(network, parameter) ;", "int64 step(record) ;"):
            self.assertIn(line, header)

    def test_h5py_shapes_and_fill_values(self):
        with h5py.File(self.holes) as file:
            self.assertEqual(file["loss"].dtype, np.float64)
            self.assertEqual(file["status"][3], initsweep.MISSING)
            self.assertEqual(file["steps_done"][3], -1)
            self.assertTrue(np.isnan(file["loss"][3]).all())
            self.assertTrue((file["distinct_units"][3] == -1).all())
            self.assertTrue((file["distinct_units"][0, :, 2:] == -1).all())  # depth 1 has two weight layers
            for name, start in (("weights_initial", 0), ("weights_final", 1000)):
                weights, depth, status = file[name][:], file["depth"][:], file["status"][:]
                for network in range(POINTS):
                    count = 0 if status[network] == initsweep.MISSING else 23 + 12 * (depth[network] - 1)
                    np.testing.assert_array_equal(weights[network, :count], start + np.arange(count))
                    self.assertTrue(np.isnan(weights[network, count:]).all())
            self.assertEqual(file["step"][1, -1], -1)
            self.assertEqual(file["init"].asstr()[-1], "he_normal")
            self.assertEqual(int(file["id"][1]), 2 * 0x9e3779b97f4a7c15 % 2**64)
            self.assertIs(file["loss"].dims[1][0].parent["record"] == file["record"], True)

    def test_open_results(self):
        results = initsweep.open_results(self.full)
        self.assertEqual(dict(results.sizes), {"network": POINTS, "record": 24, "layer": 4, "parameter": 47})
        self.assertEqual(results.attrs["provenance_hosts"], "nowhere")
        self.assertEqual(results.attrs["provenance_ranks"], 2.0)
        self.assertIn("step", results.coords)
        self.assertEqual(initsweep.swept_columns(results), ["init", "init_value", "activation", "depth", "replicate"])
        self.assertEqual(set(np.unique(results.status)), {initsweep.COMPLETED, initsweep.DIVERGED})

    def test_other_files_are_refused(self):
        text = f"{self.folder}/text.h5"
        with open(text, "w", encoding="utf-8") as file:
            file.write("sweep: text\n")
        other = f"{self.folder}/other.h5"
        with h5py.File(other, "w") as file:
            file["loss"] = np.zeros(3)
        newer = f"{self.folder}/newer.h5"
        shutil.copy(self.full, newer)
        with h5py.File(newer, "r+") as file:
            file.attrs["format_version"] = 2
        for path, word in ((text, "not an HDF5 file"), (other, "not a results file"), (newer, "format 2")):
            with self.assertRaisesRegex(ValueError, word):
                initsweep.open_results(path)
        with self.assertRaises(FileNotFoundError):
            initsweep.open_results(f"{self.folder}/none.h5")

    def test_unfold_full_grid(self):
        results = initsweep.open_results(self.full)
        cube = initsweep.unfold(results)
        self.assertEqual(cube.loss.dims, ("init", "activation", "depth", "replicate", "record"))
        self.assertEqual(cube.gradient_norm.shape, (5, 4, 3, 8, 24, 4))
        self.assertEqual(list(cube.init.values), INITS)
        self.assertEqual(list(cube.depth.values), [1, 2, 3])
        self.assertEqual(float(cube.learning_rate), 0.05)
        self.assertEqual(cube.init_value.dims, ("init",))
        for network in range(0, POINTS, 37):
            one = results.isel(network=network)
            at = cube.sel(init=one.init, activation=one.activation, depth=one.depth, replicate=one.replicate)
            self.assertEqual(int(at.network), network)
            np.testing.assert_array_equal(at.loss, one.loss)
            np.testing.assert_array_equal(at.weights_final, one.weights_final)

    def test_unfold_keeps_missing_networks_as_fill_values(self):
        cube = initsweep.unfold(initsweep.open_results(self.holes)[["loss", "status"]])
        missing = cube.status == initsweep.MISSING
        self.assertEqual(int(missing.sum()), len(range(3, POINTS, 7)))
        self.assertTrue(bool(np.isnan(cube.loss).all("record").where(missing, True).all()))

    def test_unfold_in_any_order_of_networks(self):
        results = initsweep.open_results(self.full)[["loss"]]
        shuffled = np.random.default_rng(1).permutation(POINTS)
        cube = initsweep.unfold(results.isel(network=shuffled))
        expected = initsweep.unfold(results)
        axes = {name: expected[name] for name in ("init", "activation", "depth", "replicate")}
        xarray.testing.assert_equal(cube.loss.transpose(*expected.loss.dims).sel(axes), expected.loss)

    def test_unfold_refuses_holes_and_duplicates(self):
        results = initsweep.open_results(self.full)[["loss"]]
        with self.assertRaisesRegex(ValueError, r"480 points and there are 479 networks; the first "
                                                r"without one is \(init=zeros, activation=tanh, depth=1, "
                                                r"replicate=1\); fill=True fills them"):
            initsweep.unfold(results.isel(network=[n for n in range(POINTS) if n != 25]))
        with self.assertRaisesRegex(ValueError, "networks 0 and 4 are both at"):
            initsweep.unfold(initsweep.open_results(self.repeated))

    def test_a_cube_with_holes_has_fill_values(self):
        results = initsweep.open_results(self.full)
        part = results.isel(network=[n for n in range(POINTS) if n % 3])
        cube, whole = part.sweep.cube(fill=True), results.sweep.cube()
        hole = whole.network % 3 == 0
        for name in ("loss", "gradient_norm", "status", "network", "distinct_units"):
            self.assertEqual(cube[name].shape, whole[name].shape)
            np.testing.assert_array_equal(cube[name].values[~hole.values], whole[name].values[~hole.values], name)
        self.assertTrue(bool(np.isnan(cube.loss.values[hole.values]).all()))
        self.assertTrue(bool((cube.status.values[hole.values] == initsweep.MISSING).all()))
        self.assertTrue(bool((cube.network.values[hole.values] == -1).all()))

    def test_unfold_columns_that_move_together(self):
        """A zip of width and steps is one axis, and constant(value=...) are points of the axis init."""
        columns = [(init, value, width, 1000 // width) for init, value in (("zeros", np.nan), ("constant", 0.1),
                   ("constant", 0.5)) for width in (2, 4)]
        init, value, width, steps = (list(column) for column in zip(*columns))
        dataset = xarray.Dataset({"loss": ("network", np.arange(6.0))}, coords={
            "init": ("network", np.array(init, dtype=object), {"path": "network.init"}),
            "init_value": ("network", value, {"path": "network.init.value"}),
            "width": ("network", width, {"path": "network.width"}),
            "steps": ("network", steps, {"path": "train.steps"})})
        cube = initsweep.unfold(dataset)
        self.assertEqual(cube.loss.dims, ("init", "width"))
        self.assertEqual(list(cube.init.values), ["zeros", "constant(value=0.1)", "constant(value=0.5)"])
        np.testing.assert_array_equal(cube.init_value, [np.nan, 0.1, 0.5])
        np.testing.assert_array_equal(cube.steps, [500, 250])
        np.testing.assert_array_equal(cube.loss, np.arange(6.0).reshape(3, 2))

    def test_split_weights(self):
        results = initsweep.open_results(self.full)
        network = 2 * 8  # the first of depth 3: 4 inputs, three layers of 3 units, 2 outputs
        for which, start in (("initial", 0), ("final", 1000)):
            layers = initsweep.split_weights(results, network, which)
            self.assertEqual([(weight.shape, bias.shape) for weight, bias in layers],
                             [((3, 4), (3,)), ((3, 3), (3,)), ((3, 3), (3,)), ((2, 3), (2,))])
            flat = np.concatenate([part.ravel() for layer in layers for part in layer])
            np.testing.assert_array_equal(flat, start + np.arange(47))
            self.assertEqual(flat.dtype, np.float32)
        self.assertEqual(len(initsweep.split_weights(results, 0)), 2)
        with self.assertRaisesRegex(ValueError, "no final weights"):
            initsweep.split_weights(results.drop_vars("weights_final"), 0)
        with self.assertRaises(ValueError):
            initsweep.split_weights(results, 0, "middle")

    def test_final_values(self):
        results = initsweep.open_results(self.holes)
        final = initsweep.final_values(results, "loss")
        status = results.status.values
        self.assertTrue(np.isnan(final[np.isin(status, (initsweep.MISSING, initsweep.DIVERGED))]).all())
        self.assertEqual(final[0], float(results.loss[0, -1]))
        self.assertEqual(final[1], float(results.loss[1, -5]))  # its schedule is four records shorter
        self.assertEqual((final.dims, final.name, final.attrs["units"]), (("network",), "loss", "1"))
        self.assertEqual(float(final.where(final.init == "zeros").max()),
                         np.nanmax(final.values[results.init == "zeros"]))
        plain = initsweep.final_values(initsweep.open_arrays(self.holes), "loss")
        self.assertIs(type(plain), np.ndarray)
        np.testing.assert_array_equal(plain, final.values)
        np.testing.assert_array_equal(results.sweep.final("gradient_norm", 2),
                                      initsweep.final_values(results, "gradient_norm", 2))

    def test_pairs_can_be_subtracted(self):
        for results in (initsweep.open_results(self.full), initsweep.open_arrays(self.full)):
            part = initsweep.select(results, init="he_normal")
            one, other = initsweep.pair_replicates(part, "depth", 1, 3)
            final, depth = initsweep.final_values(part, "loss"), np.asarray(part["depth"])
            difference = final[other] - final[one]
            self.assertEqual(difference.shape, (4 * 8,))
            first, second = np.flatnonzero(depth == 1), np.flatnonzero(depth == 3)  # in the order of the other settings
            np.testing.assert_array_equal(difference, np.asarray(final)[second] - np.asarray(final)[first])
        self.assertEqual(initsweep.pair_replicates(initsweep.open_results(self.full), "depth", 1, 3)[0].dims, ("pair",))

    def test_best_networks_over_settings(self):
        results = initsweep.open_results(self.full)
        final = results.sweep.final("loss").values
        init, activation, depth = (results[name].values for name in ("init", "activation", "depth"))
        best = results.sweep.best(by="loss", over=["init"])
        self.assertEqual(best.sizes["network"], 4 * 3 * 8)
        worst = results.sweep.best(by="loss", over=["init"], largest=True)
        for of_activation in ACTIVATIONS:
            for of_depth in (1, 2, 3):
                median = {name: np.median(np.where(np.isnan(own), np.inf, own)) for name in INITS
                          for own in [final[(init == name) & (activation == of_activation) & (depth == of_depth)]]}
                chosen = initsweep.select(best, activation=of_activation, depth=of_depth)
                self.assertEqual(list(chosen.init.values), [min(INITS, key=median.get)] * 8)
                finite = {name: value if np.isfinite(value) else -np.inf for name, value in median.items()}
                chosen = initsweep.select(worst, activation=of_activation, depth=of_depth)
                self.assertEqual(list(chosen.init.values), [max(INITS, key=finite.get)] * 8)
        one = results.sweep.best(over=["init", "activation", "depth", "replicate"])
        self.assertEqual(one.network.values.tolist(), [int(np.nanargmin(final))])
        with self.assertRaisesRegex(ValueError, "no setting 'rate'; it has: init, "):
            results.sweep.best(over="rate")

    def test_mistakes_are_named(self):
        results = initsweep.open_results(self.full)
        for call, message in (
                (lambda: initsweep.final_values(results, "los"), "no quantity 'los' with records; they have: "),
                (lambda: initsweep.final_values(results, "gradient_norm"), "each of 4 layers: name one, as layer=1"),
                (lambda: initsweep.final_values(results, "gradient_norm", 5), "no layer 5: layers are 1 to 4"),
                (lambda: initsweep.final_values(results, "loss", 1), "loss has no layers"),
                (lambda: initsweep.labels(results, "rate"), "no setting 'rate'; it has: init, "),
                (lambda: initsweep.final_values(self.full, "loss"), "what open_results or open_arrays returns, not '"),
                (lambda: initsweep.unfold(initsweep.open_arrays(self.full)), "needs the Dataset of open_results"),
                (lambda: initsweep.run_sweep("a.yaml", settings=["a"]), "settings must be a dictionary")):
            with self.assertRaisesRegex((ValueError, TypeError), message):
                call()

    def test_a_sweep_from_a_dictionary_with_progress(self):
        sweep = {"sweep": "dictionary", "dataset": "xor", "network": {"depth": 1, "width": 4, "activation": "tanh"},
                 "train": {"loss": "mse", "optimizer": "sgd", "learning_rate": np.float32(0.5), "steps": 20,
                           "clip_norm": None},
                 "grid": {"network.init": ["zeros", {"name": "normal", "std": np.geomspace(1e-5, 1, 3)}],
                          "replicate": range(2)}}
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            results = initsweep.open_arrays(initsweep.run_sweep(sweep, progress=True))
        self.assertRegex(shown.getvalue(), r"\r *\d+ % .*of 8 networks")
        self.assertEqual(list(results["init"][::2]), ["zeros", *["normal"] * 3])  # the grid's order is the dictionary's
        np.testing.assert_allclose(results["init_std"][2::2], [1e-5, 10 ** -2.5, 1])
        sweep["train"]["steps"] = -1
        with contextlib.redirect_stdout(shown), self.assertRaisesRegex(ValueError, "train.steps"):
            initsweep.run_sweep(sweep, progress=True)

    def test_hash_sees_everything_but_provenance(self):
        def changed(change):
            path = f"{self.folder}/changed.h5"
            shutil.copy(self.full, path)
            with h5py.File(path, "r+") as file:
                change(file)
            return initsweep.results_hash(path)

        def set_value(name, index, value):
            def change(file):
                file[name][index] = value
            return change

        same = initsweep.results_hash(self.full)
        self.assertEqual(changed(lambda file: None), same)
        self.assertEqual(changed(lambda file: file["provenance"].attrs.create("hosts", "elsewhere")), same)
        self.assertEqual(changed(lambda file: file["provenance"].create_dataset("more", data=[1])), same)
        changes = [set_value("loss", (479, 23), 0.5), set_value("init", 7, "ones"), set_value("id", 0, 1),
                   set_value("weights_initial", (3, 46), 0.0), lambda file: file.attrs.create("sweep", "another"),
                   lambda file: file["loss"].attrs.create("units", "nat"),
                   lambda file: file.create_dataset("new", data=[1]),
                   lambda file: file.move("loss", "losses"), lambda file: file.attrs.__delitem__("about"),
                   lambda file: file["loss"].dims[1].detach_scale(file["record"])]
        hashes = [changed(change) for change in changes]
        self.assertEqual(len({same, *hashes}), len(changes) + 1)

    def test_hash_does_not_see_chunks_and_compression(self):
        path = f"{self.folder}/packed.h5"
        subprocess.run(["h5repack", "-f", "NONE", "-l", "loss:CHUNK=7x3", self.full, path], check=True)
        self.assertEqual(initsweep.results_hash(path), initsweep.results_hash(self.full))

    def test_hash_command(self):
        done = run_script("results_hash.py", self.full, self.holes)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "".join(f"{initsweep.results_hash(path)}  {path}\n"
                                              for path in (self.full, self.holes)))
        done = run_script("results_hash.py", f"{self.folder}/none.h5")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("none.h5", done.stderr)

    def test_two_writes_are_the_same(self):
        again = make(self.folder, "again.h5")
        self.assertEqual(initsweep.results_hash(again), initsweep.results_hash(self.full))
        self.assertEqual(subprocess.run(["h5diff", again, self.full]).returncode, 0)


if __name__ == "__main__":
    unittest.main()
