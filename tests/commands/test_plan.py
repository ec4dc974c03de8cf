#!/usr/bin/python3
"""`initsweep plan`: numbers against arithmetic by hand and against a run, and 10^7 networks in little memory."""
import json
import os
import re
import unittest

from program import ENVIRONMENT, PROGRAM, SMALL, SMALL_NETWORKS, Case

NO_MPI = {"OMPI_MCA_pml": "none_such"}
HUGE = """\
sweep: huge
seed: 1
dataset: {name: xor}
train: {loss: mse, optimizer: sgd, steps: 100}
record: {steps: {geomspace: 10}, probes: [loss, gradient_norm]}
grid:
  network.init: [zeros, {name: constant, value: [0.1, 0.5, 1.0]}, glorot_uniform, he_normal, orthogonal, lecun_normal,
                 {name: normal, std: [0.1, 1]}]
  network.activation: [sigmoid, tanh, relu, sin]
  network.depth: [1, 2, 3, 4, 5]
  network.width: [2, 4, 8, 16, 32]
  train.learning_rate: {geomspace: [0.001, 1, 10]}
  replicate: {range: [0, 999]}
"""
# What docs/user-guide.md says of the estimates
TIME_FACTOR = 3  # of processor time, either way
MEMORY_FACTOR = 2  # a run takes no more than the estimate, and no less than this part of it
MEASURED = """\
sweep: measured
seed: 1
dataset: {name: digits}
network: {depth: 2, width: 32, init: he_normal}
train: {loss: cross_entropy, optimizer: adam, learning_rate: 0.01, batch_size: 64, steps: 1500}
record: {steps: {geomspace: 8}, probes: [loss, gradient_norm], weights: final}
grid: {network.activation: [tanh, relu], replicate: {range: [0, 63]}}
"""
WIDE = """\
sweep: wide
seed: 1
dataset: {name: gaussian_mixture, samples: 4000, features: 400, classes: 4}
network: {depth: 2, width: 256, activation: tanh, init: he_normal}
train: {loss: cross_entropy, optimizer: adam, learning_rate: 0.01, batch_size: 64, steps: 5}
record: {steps: [0], probes: [loss], weights: final}
grid: {replicate: {range: [0, 31]}}
"""
# Work that is not training: singular values, pairs of units, and orthogonal starts
SPECTRA = """\
sweep: spectra
seed: 1
dataset: {name: gaussian_mixture, samples: 64, features: 64, classes: 4}
network: {hidden: [128, 128], activation: tanh, init: he_normal}
train: {loss: cross_entropy, optimizer: sgd, learning_rate: 0.01, steps: 1}
record: {steps: [0, 1], probes: [loss, singular_value_max, effective_rank, mean_cosine]}
"""
STARTS = """\
sweep: starts
seed: 1
dataset: {name: xor}
network: {hidden: [500, 500], activation: tanh, init: orthogonal}
train: {loss: mse, optimizer: sgd, learning_rate: 0.01, steps: 1}
record: {steps: [0], probes: [loss]}
grid: {replicate: {range: [0, 15]}}
"""
# 64 packs of 16 networks of 1.6 * 10^9 parameters: 100 GB of weights each
ENORMOUS = """\
sweep: enormous
seed: 1
dataset: {name: xor}
network: {hidden: [40000, 40000], activation: tanh, init: zeros}
train: {loss: mse, optimizer: sgd, learning_rate: 0.01, steps: 1}
record: {steps: [0], probes: [loss]}
grid: {replicate: {range: [0, 1023]}}
"""


class Plan(Case):
    def plan(self, text, *words):
        return json.loads(self.expect(0, "plan", self.write("sweep.yaml", text), "--json", *words, stderr="",
                                      **NO_MPI).stdout)

    def test_frozen_layers_save_products(self):
        """The gradient of a frozen layer, and the deltas below the lowest layer that is trained, unless clipping needs
        all gradients."""
        for rates, clip, products in (("{}", "none", 18 + 18 + 12), ("{1: 0}", "none", 18 + 12 + 3),
                                      ("{2: 0}", "none", 18 + 9 + 12), ("{1: {weights: 0}}", "none", 18 + 12 + 12),
                                      ("{1: 0, 2: 0, output: 0}", "none", 18), ("{1: 0}", "1", 18 + 18 + 12)):
            plan = self.plan(SMALL, "--set", f"train.rate_by_layer={rates}", "--set", f"train.clip_norm={clip}")
            self.assertEqual(plan["largest_classes"][0]["sizes"], [2, 3, 3, 1])
            self.assertAlmostEqual(plan["largest_classes"][0]["flops_per_network"], 40 * 2 * 4 * products)

    def test_numbers_of_a_small_sweep(self):
        plan = self.plan(SMALL, "--ranks", "3", "--threads", "2")
        self.assertEqual(plan["networks"], SMALL_NETWORKS)
        self.assertEqual([axis["values"] for axis in plan["grids"][0]], [4, 2, 2, 2, 5])
        # alike are activation and depth: 4 classes of 40 networks, 3 packs each
        self.assertEqual((plan["classes"], plan["packs"], plan["lanes"]), (4, 12, 16))
        self.assertEqual(plan["unfilled_lanes"], 12 * 16 - SMALL_NETWORKS)
        one, two = 3 * 3 + 4, 3 * 3 + 3 * 4 + 4  # 2-3-1 and 2-3-3-1
        self.assertEqual(plan["parameters"], 80 * one + 80 * two)
        self.assertEqual(plan["parameters_max"], two)
        self.assertEqual(plan["network_steps"], SMALL_NETWORKS * 40)
        self.assertEqual((plan["ranks"], plan["threads"], plan["files_at_most"]), (3, 2, 4 + 2 * 6))
        first = plan["largest_classes"][0]
        self.assertEqual(first["sizes"], [2, 3, 3, 1])
        weights, inner = 6 + 9 + 3, 6
        self.assertEqual(first["flops_per_network"], 40 * (6 * 4 * weights - 2 * 4 * inner))
        # values: loss, accuracy, gradient_norm and distinct_units of each layer; weights twice
        for_one = plan["journal_bytes_at_most"] / SMALL_NETWORKS
        self.assertGreater(for_one, 6 * 4 * (2 + 2 * 2) + 2 * 4 * one)
        # a checkpoint holds the weights, which sgd moves without arrays of its own, and the records, of 16 networks;
        # two a worker
        state = 16 * 4 * two
        self.assertGreater(plan["checkpoint_bytes_at_most"], 2 * 6 * state)
        self.assertLess(plan["checkpoint_bytes_at_most"], 2 * 6 * 16 * 2000)
        dearest = [row["seconds_per_pack"] for row in plan["largest_classes"]]
        self.assertEqual(dearest, sorted(dearest, reverse=True))

    def test_text_for_people(self):
        text = self.expect(0, "plan", self.write("small.yaml", SMALL), stderr="", **NO_MPI).stdout
        for line in (r"sweep +small, seed 7, float32", rf"networks +{SMALL_NETWORKS} = ",
                     r"packs +12 of 16 networks, 32 idle lanes",
                     r"memory +\S+ .iB per rank of \d+ threads?; this (machine has|job or container may use) \S+ .iB$",
                     r"free space +\S+ .iB", r"time +about .*estimate"):
            self.assertRegex(text, r"(?m)^" + line)
        self.assertEqual(self.files(), ["small.yaml"])

    def test_columns_of_classes_are_as_wide_as_their_names(self):
        sweep = SMALL.replace("optimizer: sgd, ", "") + "  train.optimizer: [sgd, levenberg_marquardt]\n"
        text = self.expect(0, "plan", self.write("sweep.yaml", sweep), "--classes", stderr="", **NO_MPI).stdout
        heading, *classes = text.split("most expensive first\n")[1].splitlines()
        ends = {line.index(" full ") + len(" full") for line in classes}
        self.assertEqual(ends, {heading.index(" batch ") + len(" batch")})

    def test_the_cost_model_is_kept_and_never_in_the_way(self):
        cache, file = self.path("cache"), self.write("small.yaml", SMALL)

        def model(*words, **environment):
            text = self.expect(0, "plan", file, *words, stderr="",
                               **{**NO_MPI, "XDG_CACHE_HOME": cache, **environment}).stdout
            return re.search(r"cost model (.*)\)", text).group(1)

        self.assertEqual(model(), "measured just now")
        kept = os.listdir(os.path.join(cache, "initsweep"))
        self.assertEqual((len(kept), kept[0][:5]), (1, "cost-"))
        self.assertEqual(model(), "from the cache")
        self.assertEqual(os.listdir(os.path.join(cache, "initsweep")), kept)
        self.assertEqual(model("--calibrate", XDG_CACHE_HOME="/proc/none"),
                         "measured just now, and not kept: the cache cannot be written")

    def measure(self, *words):
        """What a process of the program used."""
        process = os.fork()
        if process == 0:
            os.chdir(self.folder)
            os.execve(PROGRAM, [PROGRAM, *words], ENVIRONMENT)
        _, status, usage = os.wait4(process, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)
        return usage

    @unittest.skipIf(os.environ.get("INITSWEEP_SANITIZE"), "sanitizers multiply time and memory")
    def test_a_run_takes_what_was_estimated(self):
        """Time is the processor's, which other programs on the machine disturb little."""
        for text, calibrate in ((MEASURED, ["--calibrate"]), (WIDE, []), (SPECTRA, []), (STARTS, [])):
            plan = self.plan(text, "--threads", "1", *calibrate)
            usage = self.measure("run", "sweep.yaml", "--quiet")
            seconds, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
            said = (f"{plan['sweep']}: {plan['thread_seconds']:.2f} s and {plan['memory_bytes_per_rank'] / 2**20:.0f} "
                    f"MiB estimated, {seconds:.2f} s and {memory / 2**20:.0f} MiB used")
            print(said, flush=True)
            self.assertLessEqual(memory, plan["memory_bytes_per_rank"], said)
            self.assertGreaterEqual(memory, plan["memory_bytes_per_rank"] / MEMORY_FACTOR, said)
            if text is not WIDE:  # that is a moment of training
                self.assertLess(seconds, TIME_FACTOR * plan["thread_seconds"], said)
                self.assertGreater(seconds, plan["thread_seconds"] / TIME_FACTOR, said)

    def test_a_run_that_cannot_fit_is_refused(self):
        file = self.write("enormous.yaml", ENORMOUS)
        plan = self.plan(ENORMOUS, "--threads", "64")
        self.assertGreater(plan["memory_bytes_per_rank"], 64 * 4 * 1.6e9)  # a network of each thread at least
        with open("/proc/meminfo", encoding="ascii") as info:
            machine = 1024 * int(re.search(r"MemTotal: +(\d+)", info.read()).group(1))
        self.assertLessEqual(plan["memory_limit_bytes"], machine)
        text = self.expect(0, "plan", file, "--threads", "64", stderr="", **NO_MPI).stdout
        self.assertRegex(text, r"(?m)^memory .*: NOT ENOUGH for one rank$")
        result = self.expect(1, "run", file, "--threads", "64")
        self.assertRegex(result.stderr, r"not enough memory: the ranks of this host need up to \S+ .iB, \S+ .iB each,")
        self.assertEqual(self.files(), ["enormous.yaml", "sweep.yaml"])

    def test_ten_million_networks_take_little_memory(self):
        file = self.write("huge.yaml", HUGE)
        output = os.open(self.path("plan.json"), os.O_CREAT | os.O_WRONLY)
        process = os.fork()
        if process == 0:
            os.chdir(self.folder)
            os.dup2(output, 1)
            os.execve(PROGRAM, [PROGRAM, "plan", file, "--json"], ENVIRONMENT)
        os.close(output)
        _, status, usage = os.wait4(process, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)
        with open(self.path("plan.json"), encoding="utf-8") as made:
            plan = json.load(made)
        self.assertEqual(plan["networks"], 10 * 4 * 5 * 5 * 10 * 1000)
        seconds = usage.ru_utime + usage.ru_stime
        print(f"plan of 10^7 networks: {seconds:.2f} s of processor time, {usage.ru_maxrss / 1024:.0f} MiB", flush=True)
        if not os.environ.get("INITSWEEP_SANITIZE"):
            self.assertLess(usage.ru_maxrss * 1024, 100e6)


if __name__ == "__main__":
    unittest.main()
