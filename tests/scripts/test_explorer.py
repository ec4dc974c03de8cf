"""The explorer's page without a browser: what it holds against the file, and how a large file is thinned."""
import base64
import contextlib
import io
import json
import os
import re
import shutil
import tempfile
import unittest
from unittest import mock

import numpy as np

from sample_results import make
import initsweep
from initsweep import explorer
from initsweep.commands import explore


def page_data(page):
    """What the page's script reads."""
    return json.loads(re.search(r'id="report-data">(.*?)</script>', page, re.DOTALL)[1])["explorer"]


def column(data, name):
    """The values of a column, [network]."""
    (one,) = [one for one in data["columns"] if one["name"] == name]
    values = np.frombuffer(base64.b64decode(one["data"]), f"<{one['type']}")
    return np.array(one["values"], dtype=object)[values] if "values" in one else values


class Explorer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="initsweep-explorer-")
        cls.path = make(cls.folder, "holes.h5", "holes", "varying", "float64")
        cls.results = initsweep.open_arrays(cls.path)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_the_page_holds_the_files_settings_results_and_trajectories(self):
        data = page_data(explorer.explorer_page(self.path))
        self.assertEqual([one["name"] for one in data["columns"] if one["setting"]],
                         ["activation", "depth", "init", "replicate"])
        self.assertEqual(list(column(data, "init")), list(initsweep.labels(self.results, "init")))
        np.testing.assert_array_equal(column(data, "depth").astype(int), self.results["depth"])
        np.testing.assert_array_equal(column(data, "loss"),
                                      initsweep.final_values(self.results, "loss").astype(np.float32))
        np.testing.assert_array_equal(column(data, "gradient_norm, layer 1"),
                                      initsweep.final_values(self.results, "gradient_norm", 1).astype(np.float32))
        last = column(data, "gradient_norm, last layer")
        for depth in (1, 2, 3):
            own = self.results["depth"] == depth
            np.testing.assert_array_equal(
                last[own], initsweep.final_values(self.results, "gradient_norm", depth + 1)[own].astype(np.float32))
        shapes = data["trajectories"]
        loss = np.frombuffer(base64.b64decode(shapes["quantities"][0]["data"]), "<f4").reshape(-1, shapes["records"])
        np.testing.assert_array_equal(loss, self.results["loss"].astype(np.float32))
        self.assertEqual((data["networks"], data["constant"]["learning_rate"]), (480, "0.05"))

    def test_a_large_file_is_thinned_evenly(self):
        with mock.patch.object(explorer, "COLUMN_BYTES", 5_000), mock.patch.object(explorer, "TRAJECTORY_BYTES", 4000):
            data = page_data(explorer.explorer_page(self.path))
        kept = np.frombuffer(base64.b64decode(data["network"]), "<u4").astype(int)
        self.assertTrue(100 < len(kept) < 200)
        self.assertEqual((data["networks"], kept[0], kept[-1]), (480, 0, 479))
        self.assertLessEqual(np.ptp(np.diff(kept)), 1)
        np.testing.assert_array_equal(column(data, "depth").astype(int), self.results["depth"][kept])
        self.assertLess(len(base64.b64decode(data["trajectories"]["at"])) // 4, len(kept))

    def test_the_command_writes_it_and_names_mistakes(self):
        def call(*arguments):
            said, complained = io.StringIO(), io.StringIO()
            with mock.patch("sys.argv", ["initsweep-explore", *arguments]), contextlib.redirect_stdout(said), \
                    contextlib.redirect_stderr(complained):
                return explore.main(), said.getvalue(), complained.getvalue()
        out = os.path.join(self.folder, "holes.html")
        self.assertEqual(call(self.path), (0, f"{out}\n", ""))
        self.assertTrue(os.path.getsize(out) > 100_000)
        text = os.path.join(self.folder, "text.h5")
        with open(text, "w", encoding="utf-8") as file:
            file.write("text")
        self.assertEqual(call(text), (2, "", f"initsweep-explore: {text}: not an HDF5 file\n"))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "text.html")))
        with mock.patch.object(explorer, "MAX_BYTES", 1000):
            status, _, complained = call(self.path, "-o", os.path.join(self.folder, "b.html"))
        self.assertEqual(status, 2)
        self.assertIn("more than 1000", complained)


if __name__ == "__main__":
    unittest.main()
