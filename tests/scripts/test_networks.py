"""The library on files of real sweeps: networks rebuilt from stored weights have the stored loss; selections, pairs;
h5py alone."""
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy as np

from sample_results import SCRIPTS, requirements
import initsweep
from initsweep import plots
from initsweep.rows import table

XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
SWEEP = """\
sweep: {name}
seed: 3
precision: {precision}
dataset: {{name: xor}}
network: {{depth: 3, width: 5, {network}}}
train: {{loss: {loss}, optimizer: sgd, learning_rate: 0.1, steps: 20}}
record: {{steps: [0, 20], probes: [loss], weights: {weights}}}
grid:
  network.init: [he_normal, {{name: constant, value: [0.1, 0.5]}}]
  {axis}
  replicate: [0, 1]
"""
ACTIVATIONS = list(table("activations"))
EVERY = ", ".join(ACTIVATIONS)


def sweep(folder, name, axis, network="output_activation: sigmoid", precision="float32", loss="mse", weights="both"):
    """Trains 20 steps of XOR; returns the results file."""
    path = os.path.join(folder, name)
    with open(path + ".yaml", "w", encoding="utf-8") as file:
        file.write(SWEEP.format(name=name, axis=axis, network=network, precision=precision, loss=loss,
                                weights=weights))
    done = subprocess.run([os.environ["INITSWEEP"], "run", path + ".yaml", "-o", path + ".h5", "--threads", "1"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return path + ".h5"


class Networks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="initsweep-networks-")
        slopes = "{name: leaky_relu, negative_slope: [0.1, 0.2]}"
        cls.files = [
            (sweep(cls.folder, "hidden", f"network.activation: [{EVERY}, {slopes}]"), 1e-6),
            (sweep(cls.folder, "output", f"network.output_activation: [{EVERY}]", "activation: tanh", "float64"),
             1e-12),
            (sweep(cls.folder, "constant", "train.learning_rate: [0.1, 0.2]",
                   "activation: {name: elu, alpha: 0.5}, output_activation: {name: leaky_relu, negative_slope: 0.3}",
                   "float64"), 1e-12),
            (sweep(cls.folder, "residual", "network.residual.branch_layers: [1, 2, none]",
                   "activation: tanh, residual: {scale: 0.5, train_scale: true}"), 1e-6),
            (sweep(cls.folder, "section", "network.residual: [none, {branch_layers: [1, 2], activation_after: "
                   "[true, false]}]", "activation: tanh, residual: {scale: 0.5}", "float64"), 1e-12),
            (sweep(cls.folder, "linear", "train.learning_rate: [0.1, 0.2]",
                   "activation: tanh, residual: {branch_layers: 1, activation_after: false}", "float64"), 1e-12),
            (sweep(cls.folder, "bias", "network.bias: [all, hidden, none]",
                   "activation: tanh, bias_init: {name: constant, value: 0.3}"), 1e-6),
            (sweep(cls.folder, "no_bias", "network.width: [4, 6]", "activation: tanh, bias: none"), 1e-6),
            (sweep(cls.folder, "layer_norm", "network.normalization: [none, layer_norm, {name: layer_norm, affine: "
                   "false}]", "activation: tanh", "float64"), 1e-12),
            (sweep(cls.folder, "norm_in_branches", "network.normalization: [{name: layer_norm, branch_ends: [true, "
                   "false]}]", "activation: tanh, bias: none, residual: {branch_layers: 2, activation_after: false}",
                   "float64"), 1e-12),
            (sweep(cls.folder, "rms_norm", "train.learning_rate: [0.1, 0.2]",
                   "activation: relu, normalization: {name: rms_norm, epsilon: 0.01}", "float64"), 1e-12),
            (sweep(cls.folder, "scaled", "network.output_scale: [0.5, 2, 1]",
                   "activation: tanh, output_activation: sigmoid"), 1e-6),
            (sweep(cls.folder, "one_scale", "network.width: [4, 6]", "activation: tanh, output_scale: 3"), 1e-6),
            (sweep(cls.folder, "logits", "network.width: [4, 6]", "activation: relu", loss="binary_cross_entropy"),
             1e-6)]

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def check(self, output):
        """output(results, network, which) -> outputs of XOR's inputs [4, 1]."""
        for path, tolerance in self.files:
            for results in (initsweep.open_results(path), initsweep.open_arrays(path)):
                stored = np.asarray(results["loss"])
                for network, status in enumerate(np.asarray(results["status"])):
                    for record, which in ((0, "initial"), (-1, "final")):
                        if status == initsweep.DIVERGED and which == "final":
                            continue
                        y = output(results, network, which)
                        self.assertEqual(y.shape, (4, 1))
                        loss = np.mean((y - XOR[1]) ** 2) if "logits" not in path else np.mean(np.logaddexp(0, y)
                                                                                               - y * XOR[1])
                        self.assertLessEqual(abs(loss - stored[network, record]),
                                             tolerance * max(1, stored[network, record]), (path, network, which))

    def test_a_numpy_function_has_the_stored_loss(self):
        self.check(lambda results, network, which: initsweep.network_function(results, network, which)(XOR[0]))

    def test_weights_along_the_training_have_the_stored_losses(self):
        path = sweep(self.folder, "along", "train.steps: [10, 20]", "activation: tanh", weights="{steps: [5, 10]}")
        for results in (initsweep.open_results(path), initsweep.open_arrays(path)):
            for network in range(len(results["status"])):
                steps = np.asarray(results["weights_step"])[network]
                np.testing.assert_array_equal(steps, [[0, 5, 10, np.nan], [0, 5, 10, 20]][network // 2 % 2])
                for step in (0, 5, 10, *steps[3:][np.isfinite(steps[3:])]):
                    y = initsweep.network_function(results, network, int(step))(XOR[0])
                    record = np.flatnonzero(np.asarray(results["step"])[network] == step)[0]
                    self.assertAlmostEqual(np.mean((y - XOR[1]) ** 2), float(results["loss"][network, record]), 6)
                for which, step in (("initial", 0), ("final", (10, 20)[network // 2 % 2])):
                    for one, other in zip(initsweep.split_weights(results, network, which),
                                          initsweep.split_weights(results, network, step)):
                        np.testing.assert_array_equal(one[0], other[0])
                        np.testing.assert_array_equal(one[1], other[1])
            with self.assertRaisesRegex(ValueError, "no weights of network 0 at step 20; there are those of: 0, 5, 10"):
                initsweep.split_weights(results, 0, 20)
        spectrum = plots.spectra(initsweep.open_results(path)).subfigs[0].axes[-1]  # the first slice is the start
        self.assertEqual({len(line.get_xdata()) for line in spectrum.lines}, {5})
        with self.assertRaisesRegex(ValueError, "no weights along the training; record.weights: {steps: ...}"):
            initsweep.split_weights(initsweep.open_arrays(self.files[0][0]), 0, 5)

    def test_a_torch_module_has_the_stored_loss(self):
        torch = requirements.module("torch")
        torch.set_num_threads(1)

        def output(results, network, which):
            module = initsweep.torch_module(results, network, which)
            return module(torch.tensor(XOR[0], dtype=module.layers[0].weight.dtype)).detach().numpy()
        self.check(output)
        module = initsweep.torch_module(initsweep.open_arrays(self.files[3][0]), 0)
        self.assertEqual((len(module.layers), len(module.scales)), (4, 2))
        self.assertTrue(all(parameter.requires_grad for parameter in module.parameters()))
        file = io.BytesIO()
        torch.save(module, file)
        file.seek(0)
        loaded = torch.load(file, **({"weights_only": False} if torch.__version__ >= "2" else {}))
        inputs = torch.tensor(XOR[0], dtype=module.layers[0].weight.dtype)
        self.assertTrue(torch.equal(loaded(inputs), module(inputs)))

    def test_select(self):
        path = self.files[0][0]
        for results in (initsweep.open_results(path), initsweep.open_arrays(path)):
            part = initsweep.select(results, init="constant", activation=["tanh", "relu"], replicate=1)
            self.assertEqual(list(np.asarray(part["init_value"])), [0.1, 0.1, 0.5, 0.5])
            self.assertEqual(sorted(set(np.asarray(part["activation"]))), ["relu", "tanh"])
            one = initsweep.select(part, init="constant(value=0.5)", activation="tanh")
            np.testing.assert_array_equal(one["init_value"], [0.5])
            network = int(np.asarray(one["network"])[0])  # networks keep their numbers in a selection
            np.testing.assert_array_equal(initsweep.split_weights(one, network)[0][0],
                                          initsweep.split_weights(results, network)[0][0])
            self.assertEqual(len(initsweep.select(results, activation="leaky_relu(negative_slope=0.1)")["network"]), 6)
            for settings, word in (({"colour": 1}, "no setting 'colour'"),
                                   ({"init": "zeros"}, "no network has init = zeros; there are: he_"),
                                   ({"replicate": 2}, "no network has replicate = 2")):
                with self.assertRaisesRegex(ValueError, word):
                    initsweep.select(results, **settings)
            with self.assertRaisesRegex(ValueError, "no network 0 in"):
                initsweep.split_weights(one, 0)

    def test_pairs_share_all_but_one_setting(self):
        path = self.files[0][0]
        for results in (initsweep.open_results(path), initsweep.open_arrays(path)):
            one, other = initsweep.pair_replicates(results, "init", "constant(value=0.1)", "he_normal")
            self.assertEqual(len(one), (len(ACTIVATIONS) + 2) * 2)
            for name in ("activation", "activation_negative_slope", "replicate"):
                values = np.asarray(results[name])
                np.testing.assert_array_equal(values[one], values[other])
            self.assertEqual(set(np.asarray(results["init"])[other]), {"he_normal"})
            with self.assertRaisesRegex(ValueError, "several networks have init = constant"):
                initsweep.pair_replicates(results, "init", "constant", "he_normal")
            tanh = initsweep.select(results, activation="tanh", init="he_normal")
            self.assertEqual([list(side) for side in initsweep.pair_replicates(tanh, "replicate", 1, 0)], [[1], [0]])

    def test_h5py_alone_is_enough(self):
        """Without xarray, matplotlib, torch and scipy: the functions that say so work, the others name what they
        need."""
        program = """
import sys
for name in ("xarray", "matplotlib", "torch", "scipy", "netCDF4", "pandas"):
    sys.modules[name] = None
sys.path.insert(0, sys.argv[1])
import initsweep
results = initsweep.open_arrays(sys.argv[2])
part = initsweep.select(results, init="he_normal", activation="gelu")
number = int(part["network"][0])
print(initsweep.network_function(part, number)([[0, 1]]).shape, len(initsweep.split_weights(part, number)),
      initsweep.swept_columns(part), initsweep.final_values(part, "loss").shape,
      len(initsweep.pair_replicates(part, "replicate", 0, 1)[0]),
      part.dims["loss"], part.attributes["loss"]["units"], part.attrs["title"])
for function in (lambda: initsweep.open_results, lambda: initsweep.torch_module(part, number)):
    try:
        function()
    except ImportError as error:
        print(error)
"""
        done = subprocess.run([sys.executable, "-c", program, str(SCRIPTS), self.files[0][0]], capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], "(1, 1) 4 ['replicate'] (2,) 1 ('network', 'record') 1 hidden")
        self.assertIn("open_results: the Python package xarray is missing: `pip install xarray`", lines[1])
        self.assertIn("torch", lines[2])

    def test_arrays_are_the_datasets_values(self):
        for path, _ in self.files:
            results, arrays = initsweep.open_results(path), initsweep.open_arrays(path)
            self.assertEqual(set(arrays), set(map(str, results.variables)))
            for name in arrays:
                np.testing.assert_array_equal(arrays[name], results[name].values, name)
                # text is objects, or characters in a newer xarray
                kinds = [re.sub("^<U.*", "object", str(dtype)) for dtype in (arrays[name].dtype, results[name].dtype)]
                self.assertEqual((kinds[0], arrays.dims[name]), (kinds[1], results[name].dims), name)
            self.assertRaises(KeyError, lambda: arrays["losses"])


if __name__ == "__main__":
    unittest.main()
