"""C16: restarts tell whether it was a local minimum."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.schema import Verdict
from initsweep.arrays import STOPPED, Array
from initsweep.report import axis, curves, series

REST = 1e-9   # a gradient below this is that of a point at rest
RESTARTS = 4
SHORT = 1000  # steps


def decide(case: Case) -> Verdict:
    """What k failures say about their cause, by the steps that each start had; replicates of an all-zero start."""
    networks, zero = case.networks("C16"), case.networks("C16-zero")
    kinds = {"rest": networks.where(activation="relu"), "slow": networks.where(activation="tanh", init_noise=0.1),
             "other": networks.where(activation="tanh", init_noise=1.0)}
    long = int(networks.steps()[-1])

    def failed(kind: str, budget: float) -> Array:
        some = kinds[kind]
        return np.asarray((some.get("status") != STOPPED) | (some.get("steps_done") > budget))
    ratio = case.check("long", (failed("rest", long), failed("other", long)))
    reverse = case.check("short", (failed("slow", SHORT), failed("rest", SHORT)))
    case.check("slow_solves", ~failed("slow", long)[failed("slow", SHORT)])
    unsolved = kinds["rest"].take(failed("rest", long) & kinds["rest"].finite())
    slope = np.sqrt(np.nansum(unsolved.last("gradient_norm") ** 2 + unsolved.last("bias_gradient_norm") ** 2, axis=1))
    case.check("rest_rests", slope < REST)
    outcomes = []
    for _, some in zero.groups("activation"):
        weights = some.get("weights_final").astype(np.float64)
        outcomes.append(weights - weights[0])
    case.check("one_outcome", np.concatenate(outcomes))
    case.check("zero_unsolved", zero.last("loss"))

    budgets = np.geomspace(100, long, 40)
    content = []
    for label, kind in (("the other cause is a slow start (tanh, scale 0.1)", "slow"),
                        ("the other cause is tanh from scale 1", "other")):
        rest, cause = (np.array([failed(one, budget).mean() for budget in budgets]) for one in ("rest", kind))
        content.append(series(label, budgets, rest ** RESTARTS / (rest ** RESTARTS + cause ** RESTARTS)))
    case.draw(curves("C16-posterior", f"What {RESTARTS} failures say: the probability that starts end at rest",
                     f"Probability that {RESTARTS} failed starts are of a kind that ends at rest (ReLU), and not of "
                     "another kind, if both were equally likely before, over the steps that each start had. Above one "
                     "half failures speak for rest, below it against it.",
                     axis("steps of each start", scale="log"), axis("probability of rest"), content))
    content = [series(label, budgets, [failed(kind, budget).mean() for budget in budgets])
               for label, kind in (("ReLU, scale 1: ends at rest", "rest"), ("tanh, scale 0.1: slow", "slow"),
                                   ("tanh, scale 1", "other"))]
    case.draw(curves("C16-failures", "How often a start fails, by its steps",
                     "Share of 800 starts that have not solved XOR, over the steps. Slow starts fail most at first, "
                     "and "
                     "least at the end.", axis("steps", scale="log"), axis("share that fails"), content))
    return case.verdict(f"""
        A failure has causes: the start ended where gradient descent rests for ever, or it was merely slow. Failures
        of several independent restarts speak for the cause that fails more often. After {long:,} steps, starts that
        end at rest (ReLU) fail {ratio.value:.2f} times as often as tanh starts of the same scale: four failures make
        rest {(ratio.value or 0) ** RESTARTS:.0f} times as likely. After {SHORT:,} steps slow starts (tanh, scale
        0.1) fail {reverse.value:.2f} times as often as those that end at rest: the same four failures then speak for
        the wrong cause, although nearly all the slow ones solve XOR later. So what restarts tell depends on a budget
        of which they say nothing themselves; to know why a start failed one has to look at its end (C04). And an
        all-zero start has no restarts: with full batches all its replicates have one outcome, to the last bit.""")
