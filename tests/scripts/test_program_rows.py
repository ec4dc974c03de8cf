"""rows.json is what the program lists, and the library's own table of activations is complete and agrees with it."""
import inspect
import json
import os
import subprocess
import unittest

import numpy as np

from sample_results import SCRIPTS
from initsweep.activations import ACTIVATIONS, complete_activation
from initsweep.mean_field import MEAN_FIELD, SLOPES
from initsweep.rows import PATH, table


class ProgramRows(unittest.TestCase):
    def test_rows_are_what_the_program_lists(self):
        listed = subprocess.run([os.environ["INITSWEEP"], "list", "--json"], capture_output=True, text=True,
                                check=True).stdout
        self.assertTrue(PATH.is_relative_to(SCRIPTS))
        stored = json.loads(PATH.read_text(encoding="utf-8"))
        self.assertTrue(stored == json.loads(listed), "run: initsweep list --json > scripts/initsweep/rows.json")

    def test_a_row_has_defaults_and_facts(self):
        self.assertEqual(table("activations")["leaky_relu"].defaults, {"negative_slope": 0.01})
        self.assertEqual(table("activations")["sigmoid"].facts["value_at_0"], 0.5)
        self.assertEqual(list(table("losses"))[0], "mse")

    def test_every_activation_is_there_with_its_parameters(self):
        self.assertEqual(list(ACTIVATIONS), list(table("activations")))
        for name, activation in ACTIVATIONS.items():
            parameters = list(table("activations")[name].defaults)
            if not isinstance(activation.numpy, np.ufunc):
                self.assertEqual(list(inspect.signature(activation.numpy).parameters), ["z", *parameters], name)
            self.assertEqual(list(inspect.signature(activation.torch).parameters), ["torch", "z", *parameters], name)

    def test_value_and_slope_at_0_are_the_programs(self):
        around = np.array([-1e-6, 0.0, 1e-6])
        for name, row in table("activations").items():
            activation, parameters = ACTIVATIONS[name], complete_activation(name, {})[1]
            below, value, above = activation.numpy(around, **parameters)
            self.assertAlmostEqual(value, row.facts["value_at_0"], places=15, msg=name)
            slopes = (value - below) / 1e-6, (above - value) / 1e-6  # from the left and from the right
            self.assertLess(min(abs(slope - row.facts["slope_at_0"]) for slope in slopes), 1e-5, name)

    def test_slopes_of_mean_field_theory_are_derivatives(self):
        z = np.array([-1.7, -0.4, 0.3, 0.9, 2.2])
        for name in SLOPES:
            phi = MEAN_FIELD[name]
            numerical = (phi.value(z + 1e-6) - phi.value(z - 1e-6)) / 2e-6
            np.testing.assert_allclose(phi.slope(z), numerical, rtol=1e-7, atol=1e-9, err_msg=name)

    def test_unknown_names_and_parameters_are_refused(self):
        with self.assertRaisesRegex(ValueError, "does not compute the activation 'tahn'"):
            complete_activation("tahn", {})
        with self.assertRaisesRegex(ValueError, "'elu' has no parameter 'slope'"):
            complete_activation("elu", {"slope": 1.0})


if __name__ == "__main__":
    unittest.main()
