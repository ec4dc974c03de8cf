#!/usr/bin/python3
"""initsweep new: the sweep files that it writes pass the check and run; no file is written over."""
import os
import re
import unittest

import h5py
import numpy as np

from program import Case


class New(Case):
    def test_new_sweep_runs_as_it_is(self):
        self.expect(0, "new", "first", stderr="", stdout="first.yaml: written; next:\n  initsweep plan "
                                                         "first.yaml\n"
                                                         "  mpirun -n 2 initsweep run first.yaml\n")
        self.expect(0, "run", "first.yaml", "--quiet", "--set", "train.steps=20", "--set", "grid.replicate=[0]",
                    stderr="")
        self.assertEqual(self.files(), ["first.h5", "first.yaml"])

    def test_every_data_set_gives_a_good_file(self):
        names = re.findall(r"^  (\w+)$", self.expect(0, "list", "datasets").stdout, re.MULTILINE)
        self.assertGreater(len(names), 10)
        for name in names:
            with self.subTest(name=name):
                written = self.expect(0, "new", name, "--dataset", name, stderr="").stdout
                if "FILL-IN" not in written:
                    self.expect(0, "check", f"{name}.yaml", stderr="")
        text = open(self.path("digits.yaml"), encoding="utf-8").read()
        self.assertIn("cross_entropy", text)

    def test_data_sets_of_files_run_when_the_paths_are_filled_in(self):
        """For classes as written, and for numbers by what the comment says."""
        rows = [(float(i), float(i % 3), i % 2) for i in range(12)]
        self.write("table.csv", "".join(f"{a},{b},{c}\n" for a, b, c in rows))
        inputs, targets = np.array([row[:2] for row in rows]), np.array([row[2] for row in rows])
        np.save(self.path("x.npy"), inputs)
        np.save(self.path("y.npy"), targets)
        with h5py.File(self.path("data.h5"), "w") as file:
            file["inputs"], file["targets"] = inputs, targets
        for name, kind, values in (("x.idx", 0x0E, inputs.astype(">f8")), ("y.idx", 0x08, targets.astype("u1"))):
            head = bytes([0, 0, kind, values.ndim]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
            with open(self.path(name), "wb") as file:
                file.write(head + values.tobytes())
        files = {"csv": ["table.csv"], "npy": ["x.npy", "y.npy"], "hdf5": ["data.h5"], "idx": ["x.idx", "y.idx"]}
        for name, paths in files.items():
            said = self.expect(0, "new", name, "--dataset", name, stderr="").stdout
            self.assertIn(f"{name}.yaml: written; replace each FILL-IN", said)
            with open(self.path(f"{name}.yaml"), encoding="utf-8") as file:
                text = file.read()
            self.assertEqual(text.split("# To do")[0].count("FILL-IN"), len(paths))
            for path in paths:
                text = text.replace("FILL-IN", path, 1)
            numbers = text.replace("kind: classes", "kind: values").replace("loss: cross_entropy", "loss: mse").replace(
                "loss, accuracy,", "loss,")
            for version in (text, numbers):
                self.write(f"{name}.yaml", version)
                self.expect(0, "run", f"{name}.yaml", "--quiet", "--resume", "never", "--set", "train.steps=5", "--set",
                            "grid.replicate=[0]", stderr="")

    def test_the_name_is_the_one_that_was_given(self):
        for name in ("a #b", "it's", "12", "1.5e3", "true", "No", "null", "~", "a: b", "[x]", "größe", "&a", "'q'", '"',
                     "%d%n"):
            with self.subTest(name=name):
                self.expect(0, "new", name, "-o", "file.yaml", stderr="")
                said = self.expect(0, "check", "file.yaml", stderr="").stdout
                self.assertIn(f"good: sweep '{name}', ", said)
                os.remove(self.path("file.yaml"))
        for name in ("a\nb", "\x1b[31m"):
            self.expect(2, "new", name, "-o", "file.yaml", stdout="",
                        stderr="initsweep: '" + name.replace("\x1b", r"\x1b") + "' cannot name a sweep\n  the results "
                               "file is named after it: 1 to 100 bytes, without '/', control characters and marks of "
                               "direction or zero width, not starting with '.' or '-'\n")
        self.assertEqual(self.files(), [])

    def test_it_never_writes_over_a_file(self):
        self.write("first.yaml", "mine\n")
        self.expect(2, "new", "first", stdout="",
                    stderr="initsweep: 'first.yaml' already exists: name another file with -o\n")
        self.assertEqual(open(self.path("first.yaml"), encoding="utf-8").read(), "mine\n")
        self.expect(2, "new", "x", "-o", "none/x.yaml", stdout="",
                    stderr="initsweep: cannot create 'none/x.yaml': No such file or directory\n")
        self.expect(2, "new", "x", "--dataset", "xro", stdout="",
                    stderr="initsweep new: unknown dataset 'xro'\n  did you mean 'xor'? `initsweep list datasets` "
                           "shows all.\n")
        self.assertEqual(self.files(), ["first.yaml"])


if __name__ == "__main__":
    unittest.main()
