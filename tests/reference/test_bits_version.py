#!/usr/bin/python3
"""A file of hashes belongs to one version of the bits: no hash changes unless the number changes (docs/numerics.md)."""
import os
import pathlib
import re
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ["INITSWEEP_SOURCE"])
HASHES = ["tests/reference/hashes.txt", "tests/exact/hashes.txt"]  # of trajectories, of elementary functions


def read_hashes(text):
    """The version that the first line names (1 if it names none), and the hash of each trial."""
    lines = text.splitlines()
    first = re.fullmatch(r"bits_version (\d+)", lines[0])
    return int(first[1]) if first else 1, dict(line.rsplit(" ", 1) for line in lines[1 if first else 0 :])


def changed(now, before):
    """Trials of both files whose hashes differ although the version is the same."""
    if now[0] != before[0]:
        return []
    return [trial for trial, value in now[1].items() if before[1].get(trial, value) != value]


def git(*words):
    done = subprocess.run(["git", "-C", str(SOURCE), *words], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


class BitsVersion(unittest.TestCase):
    def setUp(self):
        self.now = {name: read_hashes((SOURCE / name).read_text(encoding="utf-8")) for name in HASHES}

    def test_the_header_the_hashes_and_the_page_name_one_version(self):
        header = (SOURCE / "include/initsweep/record.h").read_text(encoding="utf-8")
        (version,) = re.findall(r"ISW_BITS_VERSION = (\d+)", header)
        for name in HASHES:
            self.assertEqual(self.now[name][0], int(version), name)
        page = (SOURCE / "docs/numerics.md").read_text(encoding="utf-8").partition("## Version of the bits")[2]
        history = re.findall(r"^\| (\d+) \|", page.partition("\n## ")[0], re.MULTILINE)
        self.assertEqual(history, [str(earlier) for earlier in range(1, int(version) + 1)])

    def test_a_changed_hash_is_seen_unless_the_number_changes(self):
        before = read_hashes("loss mse float32 00\nloss mae float32 01\n")
        self.assertEqual(changed(read_hashes("bits_version 1\nloss mse float32 02\n"), before), ["loss mse float32"])
        self.assertEqual(changed(read_hashes("bits_version 2\nloss mse float32 02\n"), before), [])
        self.assertEqual(changed(read_hashes("bits_version 1\nloss mse float32 00\nloss new float32 03\n"), before), [])

    def test_no_hash_differs_from_an_earlier_commit_of_this_version(self):
        for name in HASHES:
            commits = git("log", "--format=%H", "--", name)
            if commits is None:
                self.skipTest("not a git checkout")
            for commit in commits.split():
                text = git("show", f"{commit}:{name}")
                if text:
                    with self.subTest(commit=commit, name=name):
                        self.assertEqual(changed(self.now[name], read_hashes(text)), [])


if __name__ == "__main__":
    unittest.main()
