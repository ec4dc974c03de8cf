#!/usr/bin/python3
"""Threads that the machine, or a limit, does not provide: one clear error before anything is written, no crash."""
import resource
import subprocess
import unittest

from program import ENVIRONMENT, SMALL, Case

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


class ThreadLimits(Case):
    def limited(self, threads, *limits, **environment):
        """Exit status and stderr of a run with that many threads and soft limits."""
        self.write("small.yaml", SMALL)

        def limit():
            for which, value in limits:
                resource.setrlimit(which, (value, resource.getrlimit(which)[1]))

        done = subprocess.run(self.command(["run", "small.yaml", "-o", "small.h5", "--quiet", "--threads", threads]),
                              cwd=self.folder, env={**ENVIRONMENT, **environment}, preexec_fn=limit,
                              capture_output=True, text=True, check=False, timeout=300)
        return done.returncode, done.stderr

    def refused(self, text, threads, *limits, **environment):
        status, errors = self.limited(threads, *limits, **environment)
        self.assertEqual(status, 1, errors)
        self.assertRegex(errors, rf"\Ainitsweep: {text}")
        self.assertEqual(errors.count("initsweep: "), 1)
        self.assertNotIn("libgomp", errors)
        self.assertEqual(self.files(), ["small.yaml"])

    def test_stack_of_the_main_thread(self):
        self.refused(r"to start 65536 threads, the main thread needs a stack of \d+ KiB and has 8192 KiB: use fewer "
                     r"threads \(--threads\), or `ulimit -s \d+`\n", "65536", (resource.RLIMIT_STACK, 8 * MIB))
        self.refused("to start 2000 threads, the main thread needs", "2000", (resource.RLIMIT_STACK, 128 * KIB))

    def test_stack_of_a_worker(self):
        self.refused("worker threads have a stack of 16 KiB and need 64 KiB: set OMP_STACKSIZE=64k, or more\n", "4",
                     OMP_STACKSIZE="16k")
        self.refused("worker threads have a stack of 16 KiB", "4", OMP_STACKSIZE="16384B")
        self.refused("worker threads have a stack of 16 KiB", "4", GOMP_STACKSIZE="16")

    def test_number_of_threads(self):
        """An address space of 4 GiB has no room for 50 stacks of 1 GiB."""
        self.refused(r"only \d of 50 worker threads can be created \(.+\)\n  use fewer \(--threads\), or raise the "
                     "limit", "50", (resource.RLIMIT_AS, 4 * GIB), OMP_STACKSIZE="1g")

    def test_what_is_enough_is_accepted(self):
        status, errors = self.limited("300", (resource.RLIMIT_STACK, 128 * KIB))
        self.assertEqual((status, errors), (0, ""))
        self.expect(0, "verify", "small.h5", "--all")
        status, errors = self.limited("4", OMP_STACKSIZE="64k")
        self.assertEqual((status, errors), (0, ""))


if __name__ == "__main__":
    unittest.main()
