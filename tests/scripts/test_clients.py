"""Programs that others read results files with: the table of docs/results-format.md, a row a test."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np
import yaml

sys.path.insert(0, os.path.join(os.environ["INITSWEEP_SOURCE"], "tests"))
import requirements

SWEEP = """
sweep: clients
network: {depth: 1, width: 2, activation: tanh}
train: {steps: 20, loss: mse, optimizer: sgd}
dataset: xor
record: {steps: [0, 10, 20], probes: [loss], weights: {steps: [10]}}
grid:
  network.init: [zeros, he_normal, {name: normal, std: 1e-5}]
  train.learning_rate: [1e-5, 0.5]
  replicate: {range: [0, 1]}
"""
NETWORK = 7  # whose values are asked for: he_normal, learning_rate 0.5, replicate 1


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="initsweep-clients-"))
        (cls.folder / "sweep.yaml").write_text(SWEEP)
        for name in ("results.h5", "again.h5"):
            subprocess.run([os.environ["INITSWEEP"], "run", "sweep.yaml", "-o", name, "--quiet"], cwd=cls.folder,
                           check=True)
        with h5py.File(cls.folder / "results.h5") as file:
            cls.loss, cls.settings = file["loss"][:], file.attrs["settings"]

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def call(self, *command, status=0):
        """Standard output; fails unless the command ends with the status. Both streams are in self.said."""
        tool = requirements.tool(command[0])
        done = subprocess.run([tool, *command[1:]], cwd=self.folder, capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(self.folder)})
        self.said = done.stdout + done.stderr
        self.assertEqual(done.returncode, status, self.said)
        return done.stdout

    def assert_loss(self, text):
        """The last three numbers of a text are the losses of NETWORK."""
        np.testing.assert_allclose([float(word) for word in text.split()[-3:]], self.loss[NETWORK], rtol=1e-5)

    def test_h5py_has_coordinates_as_bytes(self):
        with h5py.File(self.folder / "results.h5") as file:
            self.assertIn(b"learning_rate", file["loss"].attrs["coordinates"])

    def test_netcdf4_appends(self):
        requirements.module("netCDF4")
        import netCDF4
        shutil.copy(self.folder / "results.h5", self.folder / "appended.h5")
        with netCDF4.Dataset(self.folder / "appended.h5", "a") as file:
            file.createVariable("half", "f4", ("network", "record"))[:] = self.loss / 2
        with netCDF4.Dataset(self.folder / "appended.h5") as file:
            np.testing.assert_array_equal(file["half"][:] * 2, file["loss"][:])

    def test_weights_along_the_training_have_named_dimensions(self):
        with h5py.File(self.folder / "results.h5") as file:
            weights = file["weights"][:]
        self.assertEqual(weights.shape, (len(self.loss), 3, 9))
        xarray = requirements.module("xarray")
        for engine in ("netcdf4", "h5netcdf"):
            with xarray.open_dataset(self.folder / "results.h5", engine=engine) as results:
                self.assertEqual(results.weights.dims, ("network", "weights_record", "parameter"))
                self.assertEqual(results.weights.coords["weights_step"].values.tolist(), [0, 10, 20])
                np.testing.assert_array_equal(results.weights.values, weights)
        self.assertIn("float weights(network, weights_record, parameter)", self.call("ncdump", "-h", "results.h5"))

    def test_ncdump_shows_the_order_of_writing(self):
        header = self.call("ncdump", "-h", "results.h5")
        order = [header.index(text) for text in ("int64 network(", "string init(", "double learning_rate(", "id(",
                                                 "status(", "float loss(", ":Conventions", "group: provenance")]
        self.assertEqual(order, sorted(order))
        self.assertIn("loss:_FillValue = NaNf", header)

    def test_nccopy_copies(self):
        self.call("nccopy", "results.h5", "copy.nc")
        self.assertEqual(self.call("ncdump", "-v", "init,loss", "copy.nc").splitlines()[1:],
                         self.call("ncdump", "-v", "init,loss", "results.h5").splitlines()[1:])
        self.call("nccopy", "-d", "1", "results.h5", "smaller.nc", status=1)
        self.assertIn("Filter error", self.said)

    def test_nco_works_without_a_word(self):
        shutil.copy(self.folder / "results.h5", self.folder / "target.h5")
        self.call("ncks", "-A", "-v", "loss", "results.h5", "target.h5")
        self.assertEqual(self.said, "")
        self.call("ncwa", "-O", "-a", "network", "-v", "loss", "results.h5", "mean.nc")
        self.assertEqual(self.said, "")
        with h5py.File(self.folder / "mean.nc") as file:
            np.testing.assert_allclose(file["loss"][:], self.loss.mean(axis=0), rtol=1e-6)

    def test_cdo_reads_numbers(self):
        lines = self.call("cdo", "-s", "infon", "-selname,learning_rate", "results.h5").splitlines()
        numbers = [float(word) for word in lines[1].split(" : ")[-2].split()]
        self.assertEqual(numbers, [1e-5, 0.25001, 0.5])  # of five digits

    def test_r_reads_by_both_packages(self):
        self.assert_loss(self.call("Rscript", "-e", f"""suppressMessages(library(ncdf4))
            file <- nc_open("results.h5")
            stopifnot(ncvar_get(file, "init")[{NETWORK + 1}] == "he_normal")
            cat("\\n", format(ncvar_get(file, "loss")[, {NETWORK + 1}], digits = 9))"""))
        self.assert_loss(self.call("Rscript", "-e", f"""library(rhdf5)
            stopifnot(h5read("results.h5", "init")[{NETWORK + 1}] == "he_normal")
            cat("\\n", format(h5read("results.h5", "loss")[, {NETWORK + 1}], digits = 9))"""))

    def test_octave_loads_numbers_by_name(self):
        self.assert_loss(self.call("octave-cli", "--eval", f"""x = load("results.h5", "loss");
            printf("%.9g ", x.loss(:, {NETWORK + 1}))"""))

    def test_h5diff_sees_the_run_alone(self):
        self.assertEqual(self.call("h5diff", "--exclude-path", "/provenance", "results.h5", "again.h5"), "")
        self.assertIn("/provenance", self.call("h5diff", "-r", "results.h5", "again.h5", status=1))

    def test_settings_by_yaml_1_1_and_1_2(self):
        requirements.module("ruamel.yaml")
        from ruamel.yaml import YAML
        old, new = yaml.safe_load(self.settings), YAML(typ="safe", pure=True).load(self.settings)
        self.assertEqual(old, new)
        self.assertEqual(old["grid"]["train.learning_rate"], [1e-5, 0.5])
        self.assertEqual(old["grid"]["network.init"][2]["std"], 1e-5)
        self.assertEqual(old["dataset"]["encoding"], "01")


if __name__ == "__main__":
    unittest.main()
