#!/usr/bin/python3
"""The comparison with what people would write instead: each "yes" of docs/comparison.md is shown by a test, each figure
of README and docs/benchmarks.md is that of bench/results/published.json.

    INITSWEEP_SOURCE=. INITSWEEP_BUILD=build/release CTEST=ctest test_feature_table.py

What initsweep has is shown by the tests that the row names; what a peer has by a method of Peers, which does it.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]
import feature_evidence
import published  # noqa: E402
import requirements  # noqa: E402

SOURCE = pathlib.Path(os.environ.get("INITSWEEP_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
BUILD = pathlib.Path(os.environ.get("INITSWEEP_BUILD", SOURCE / "build/release")).resolve()
README = (SOURCE / "README.md").read_text(encoding="utf-8")
COMPARISON = (SOURCE / "docs/comparison.md").read_text(encoding="utf-8")
BENCHMARKS = (SOURCE / "docs/benchmarks.md").read_text(encoding="utf-8")
ANSWERS = ("yes", "no", "your code", "not promised")

# The method of Peers that shows a peer's "yes": (first words of the row, column of the table) -> method
SHOWN = {
    ("many networks in one", "PyTorch vmap"): "vmap_trains_many_networks_each_at_its_own_rate",
    ("every network its own", "PyTorch loop"): "loop_trains_a_convolution",
    ("every network its own", "PyTorch vmap"): "vmap_trains_many_networks_each_at_its_own_rate",
    ("every network its own", "FANN"): "fann_sets_weights_and_rate_and_grows",
    ("eigenvalues of the Hessian", "PyTorch loop"): "loop_has_the_hessian",
    ("eigenvalues of the Hessian", "PyTorch vmap"): "vmap_has_the_hessian",
    ("any model", "PyTorch loop"): "loop_trains_a_convolution",
    ("any model", "PyTorch vmap"): "vmap_has_convolutions_and_dropout",
    ("dropout", "PyTorch loop"): "loop_has_dropout_and_normalisation",
    ("dropout", "PyTorch vmap"): "vmap_has_convolutions_and_dropout",
    ("batch normalisation", "PyTorch loop"): "loop_has_dropout_and_normalisation",
    ("batch normalisation", "PyTorch vmap"): "vmap_has_normalisation",
    ("GPUs", "PyTorch loop"): "torch_reaches_for_gpus",
    ("GPUs", "PyTorch vmap"): "torch_reaches_for_gpus",
    ("networks that grow", "FANN"): "fann_sets_weights_and_rate_and_grows",
    ("a library for C", "FANN"): "fann_sets_weights_and_rate_and_grows",
}


def table(first_heading: str, text: str) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of the Markdown table whose first line starts with `first_heading`."""
    match = re.search(rf"^\| *{re.escape(first_heading)}.*\n\|[-| ]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    if match is None:
        raise AssertionError(f"no table starts with {first_heading!r}")
    split = lambda line: [cell.strip() for cell in line.strip().strip("|").split("|")]
    return split(match[0].splitlines()[0]), [split(line) for line in match[1].splitlines()]


class Features(unittest.TestCase):
    def setUp(self):
        self.columns, self.rows = table("what", COMPARISON)
        self.assertEqual(self.columns, ["what", "initsweep", "PyTorch loop", "PyTorch vmap", "FANN", "shown by"])

    def test_every_yes_of_initsweep_is_shown_by_a_test_of_this_build(self):
        listing = subprocess.run([os.environ.get("CTEST", "ctest"), "--test-dir", BUILD, "-N"], capture_output=True,
                                 text=True, check=True)
        tests = set(re.findall(r"Test +#\d+: (\S+)", listing.stdout))
        self.assertGreater(len(tests), 100)
        for what, ours, *_, shown_by in self.rows:
            with self.subTest(row=what):
                self.assertIn(ours, ("yes", "no"))
                names = re.findall(r"`(\w+)`", shown_by)
                self.assertEqual(bool([name for name in names if name != "docs_feature_table"]), ours == "yes")
                self.assertEqual([name for name in names if name not in tests], [], "no such test")

    def test_every_yes_of_initsweep_has_evidence_in_the_tests_it_names(self):
        """feature_evidence.py looks for it in the output of the whole run (scripts/test.sh)."""
        sources = "".join(path.read_text(encoding="utf-8", errors="replace") for path in (SOURCE / "tests").rglob("*")
                          if path.suffix in (".c", ".py") and path.name != "feature_evidence.py")
        for what, names in feature_evidence.rows().items():
            with self.subTest(row=what):
                evidence = feature_evidence.of_row(what)
                self.assertEqual(sorted(evidence), sorted(names))
                for function in evidence.values():
                    if not function.startswith("/"):
                        self.assertRegex(sources, rf"\b{function}\(")

    def test_evidence_is_found_and_its_absence_too(self):
        shows = feature_evidence.shows
        self.assertTrue(shows("[       OK ] ends_are_exact\n", "ends_are_exact"))
        self.assertFalse(shows("[  FAILED  ] ends_are_exact\n", "ends_are_exact"))
        self.assertTrue(shows("test_a (m.C.test_a) ... ok\ntest_b (m.C.test_b) ... skipped 'x'\n", "test_a"))
        self.assertFalse(shows("test_a (m.C.test_a) ... ok\ntest_b (m.C.test_b) ... skipped 'x'\n", "test_b"))
        self.assertFalse(shows("test_a (m.C.test_a) ... ok\n", "test_c"))

    def test_evidence_of_hashes_is_what_their_test_prints(self):
        reference = SOURCE / "tests/reference"
        said = subprocess.run([reference / "hashes.sh", reference / "hashes.txt", "cat", reference / "hashes.txt"],
                              capture_output=True, text=True, check=True).stdout
        self.assertTrue(feature_evidence.shows(said, feature_evidence.HASHES), said)

    def test_every_yes_of_a_peer_is_shown_by_a_method(self):
        said = {}
        for what, _, *peers, shown_by in self.rows:
            for column, answer in zip(self.columns[2:-1], peers):
                with self.subTest(row=what, column=column):
                    self.assertIn(answer, ANSWERS)
                    if answer == "yes":
                        said[what, column] = shown_by
        for what, column in said:
            with self.subTest(row=what, column=column):
                fitting = [method for (words, peer), method in SHOWN.items() if peer == column
                           and what.startswith(words)]
                self.assertEqual(len(fitting), 1, "SHOWN has no method")
                self.assertTrue(hasattr(Peers, f"test_{fitting[0]}"), fitting[0])
                self.assertIn("`docs_feature_table`", said[what, column])
        for words, column in SHOWN:
            self.assertTrue(any(what.startswith(words) and peer == column for what, peer in said),
                            f"{words}, {column}: no such yes")

    def test_figures_are_those_of_the_published_run(self):
        result = json.loads(published.PUBLISHED.read_text(encoding="utf-8"))
        made = published.tables(result)
        self.assertEqual(len(made), 7)
        for one in made[1:]:
            with self.subTest(table=one.split("\n", 1)[0]):
                self.assertIn(f"\n{one}\n", BENCHMARKS, "bench/published.py writes the tables")
        self.assertIn(f"\n{made[0]}\n", README)

    def test_a_run_of_the_benchmark_becomes_the_published_one(self):
        result = json.loads(published.PUBLISHED.read_text(encoding="utf-8"))
        for row in result["rows"]:  # what bench.json has beside
            row["intensity"] = 1.0
            for kernels in row["kernels"].values():
                kernels.setdefault("times_tanh", 1.0)
                kernels["flops"] = 1.0
            for peer in row["peers"].values():
                peer["name"] = "with its setting"
        self.assertEqual(published.tables(published.reduce(result)), published.tables(result))


class Peers(unittest.TestCase):
    """What others can do, done by them on XOR or on random numbers."""

    @classmethod
    def setUpClass(cls):
        torch = requirements.module("torch")
        torch.set_num_threads(1)
        torch.manual_seed(3)
        cls.torch = torch

    def test_vmap_trains_many_networks_each_at_its_own_rate(self):
        from functorch import grad, vmap
        torch = self.torch
        inputs = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64)
        targets = torch.tensor([[0.0], [1], [1], [0]], dtype=torch.float64)
        starts = [torch.randn(shape, dtype=torch.float64) for shape in ((5, 4, 2), (5, 4), (5, 1, 4), (5, 1))]
        rates = torch.linspace(0.1, 0.5, 5, dtype=torch.float64)

        def loss(weights, biases, output_weights, output_biases):
            hidden = torch.tanh(inputs @ weights.T + biases)
            return ((hidden @ output_weights.T + output_biases - targets) ** 2).mean()

        packed, alone = [part.clone() for part in starts], []
        for _ in range(20):
            slopes = vmap(grad(loss, argnums=(0, 1, 2, 3)))(*packed)
            packed = [part - rates.reshape(-1, *[1] * (part.dim() - 1)) * slope for part, slope in zip(packed, slopes)]
        for network in range(5):
            parts = [part[network].clone().requires_grad_() for part in starts]
            for _ in range(20):
                slopes = torch.autograd.grad(loss(*parts), parts)
                parts = [(part - rates[network] * slope).detach().requires_grad_() for part,
                         slope in zip(parts, slopes)]
            alone.append(parts[0].detach())
        torch.testing.assert_close(packed[0], torch.stack(alone), rtol=1e-9, atol=1e-12)

    def test_loop_trains_a_convolution(self):
        torch = self.torch
        network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Tanh(), torch.nn.Flatten(),
                                      torch.nn.Linear(8, 1)).double()
        images, targets = torch.randn(16, 1, 4, 4, dtype=torch.float64), torch.randn(16, 1, dtype=torch.float64)
        rule = torch.optim.SGD(network.parameters(), lr=0.05)
        losses = []
        for _ in range(50):
            rule.zero_grad()
            value = torch.nn.functional.mse_loss(network(images), targets)
            value.backward()
            rule.step()
            losses.append(value.item())
        self.assertLess(losses[-1], 0.9 * losses[0])

    def test_loop_has_the_hessian(self):
        torch = self.torch
        matrix = torch.tensor([[2.0, 1], [1, 3]], dtype=torch.float64)
        hessian = torch.autograd.functional.hessian(lambda x: 0.5 * x @ matrix @ x, torch.ones(2, dtype=torch.float64))
        torch.testing.assert_close(hessian, matrix)

    def test_vmap_has_the_hessian(self):
        import functorch
        torch = self.torch
        scales = torch.tensor([1.0, 4.0], dtype=torch.float64)
        curvature = functorch.vmap(functorch.hessian(lambda x, scale: scale * (x ** 2).sum()), in_dims=(None, 0))
        torch.testing.assert_close(curvature(torch.ones(3, dtype=torch.float64), scales),
                                   2 * scales[:, None, None] * torch.eye(3, dtype=torch.float64))

    def test_vmap_has_normalisation(self):
        import functorch
        torch = self.torch
        values = torch.randn(4, 50, 3)
        normal = functorch.vmap(lambda x: torch.nn.functional.batch_norm(x, None, None, training=True))(values)
        torch.testing.assert_close(normal.var(1, unbiased=False), torch.ones(4, 3), rtol=1e-3, atol=0)
        normal = functorch.vmap(lambda x: torch.nn.functional.layer_norm(x, (3,)))(values)
        torch.testing.assert_close(normal, torch.nn.functional.layer_norm(values, (3,)))

    def test_loop_has_dropout_and_normalisation(self):
        torch = self.torch
        values = torch.randn(4000, 3)
        rows = torch.nn.LayerNorm(3)(values)
        torch.testing.assert_close(rows.mean(1), torch.zeros(4000), rtol=0, atol=1e-5)
        normal = torch.nn.BatchNorm1d(3)(values)
        torch.testing.assert_close(normal.var(0, unbiased=False), torch.ones(3), rtol=1e-3, atol=0)
        # 12,000 draws of one half: beyond 0.03 with probability below 1e-10
        self.assertAlmostEqual((torch.nn.Dropout(0.5)(values) == 0).float().mean().item(), 0.5, delta=0.03)

    def test_vmap_has_convolutions_and_dropout(self):
        import functorch
        torch = self.torch
        kernels, image = torch.randn(3, 2, 1, 3, 3), torch.randn(1, 1, 5, 5)
        together = functorch.vmap(lambda kernel: torch.nn.functional.conv2d(image, kernel))(kernels)
        torch.testing.assert_close(together,
                                   torch.stack([torch.nn.functional.conv2d(image, kernel) for kernel in kernels]))
        dropped = functorch.vmap(lambda x: torch.nn.functional.dropout(x, 0.5, True),
                                 randomness="different")(torch.ones(4, 3000))
        self.assertAlmostEqual((dropped == 0).float().mean().item(), 0.5, delta=0.03)

    def test_torch_reaches_for_gpus(self):
        torch = self.torch
        layer, values = torch.nn.Linear(3, 2), torch.randn(4, 3)
        if torch.cuda.is_available():
            expected = layer(values)
            torch.testing.assert_close(layer.to("cuda")(values.to("cuda")).cpu(), expected, rtol=1e-3, atol=1e-4)
        else:  # a build or a machine without: what is refused is CUDA, not the wish
            with self.assertRaisesRegex((AssertionError, RuntimeError), "CUDA|NVIDIA"):
                layer.to("cuda")

    def test_fann_sets_weights_and_rate_and_grows(self):
        compiler = requirements.tool("cc")
        requirements.need(pathlib.Path("/usr/include/fann.h").exists(), "FANN (package libfann-dev)")
        program = r"""
            #include <stdio.h>
            #include <fann.h>
            static void xor_pattern(unsigned k, unsigned n, unsigned m, fann_type *x, fann_type *y) {
              (void)n, (void)m;
              x[0] = (fann_type)(k / 2), x[1] = (fann_type)(k % 2), y[0] = (fann_type)(k == 1 || k == 2);
            }
            int main(void) {
              struct fann *plain = fann_create_standard(3, 2, 4, 1), *growing = fann_create_shortcut(2, 2, 1);
              fann_set_learning_rate(plain, 0.25f);
              fann_set_weight(plain, 0, 3, 0.5f);
              struct fann_train_data *data = fann_create_train_from_callback(4, 2, 1, xor_pattern);
              fann_cascadetrain_on_data(growing, data, 5, 0, 0.001f);
              printf("%.2f %d %.4f\n", (double)fann_get_learning_rate(plain),
                     (int)(fann_get_total_neurons(growing) - 4), (double)fann_test_data(growing, data));
            }"""
        with tempfile.TemporaryDirectory(prefix="initsweep-fann-") as folder:
            source, binary = pathlib.Path(folder, "grow.c"), pathlib.Path(folder, "grow")
            source.write_text(program, encoding="utf-8")
            subprocess.run([compiler, source, "-o", binary, "-lfann", "-lm"], check=True)
            rate, grown, error = subprocess.run([binary], capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(rate, "0.25")
        self.assertGreater(int(grown), 0)
        # no network without a hidden unit gets below 0.25
        self.assertLess(float(error), 0.1)


if __name__ == "__main__":
    unittest.main()
