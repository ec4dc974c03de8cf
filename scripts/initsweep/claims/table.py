"""The twenty claims, their criteria and the verdicts that theory predicts. rules.py says how a criterion decides.

The thresholds were written down from theory before the sweeps were run. docs/claims.md derives them.
"""
from __future__ import annotations

from initsweep.claims.rules import Claim, Criterion

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "C01", "XOR on a small net shows that zero weights cannot learn.", "CONDITIONAL",
        "true of XOR, and of g(0) = 0 on any data; with sigmoid units only because XOR's inputs and targets are uncorrelated",
        "a gradient on XOR that is not exactly 0 under cross-entropy or a sigmoid output, or sigmoid units that stay at the best "
        "constant on data whose inputs and targets are correlated",
        ("C01", "C01-contrast"), "contrast_sigmoid_learns", "loss / best constant's loss",
        (Criterion("xor_gradients", "zero", "for",
                   "XOR under cross-entropy, or mse with a sigmoid output: every gradient is exactly 0 at every step"),
         Criterion("xor_weights_frozen", "zero", "for",
                   "XOR under mse with a linear output, tanh and ReLU: every weight stays exactly 0"),
         Criterion("xor_bias_moves", "above", "control",
                   "XOR under mse with a linear output: the output bias moves at step 1", 0.0),
         Criterion("xor_sigmoid_moves", "nonzero", "control",
                   "XOR under mse with a linear output, sigmoid: all weights move"),
         Criterion("xor_sigmoid_stays", "within", "for",
                   "XOR under mse with a linear output, sigmoid: the loss ends at 1/4", (0.2499, 0.2501)),
         Criterion("contrast_frozen", "zero", "for", "digits and tilted regression, tanh and ReLU: every weight stays exactly 0"),
         Criterion("contrast_sigmoid_learns", "median_below", "against",
                   "tilted regression, sigmoid from zero: the loss falls below half of the best constant's", 0.5),
         Criterion("contrast_digits", "below", "against",
                   "digits, sigmoid from zero: the loss falls below 0.95 of the best constant's", 0.95))),
    Claim(
        "C05", "Equal weights, zero or any constant: all units of a layer stay identical, the network is one unit wide.", "TRUE",
        None, "two units of a hidden layer that differ in a bit at any record, under any optimiser, or a one-unit network with its own "
        "rates that goes another way by more than rounding",
        ("C05", "C05-one-unit", "C05-twins"), "one_unit", "distinct units",
        (Criterion("one_unit", "one_unit", "for",
                   "constant starts, every optimiser, full batch and minibatches: each hidden layer has one distinct unit at every "
                   "record"),
         Criterion("twin", "below", "for",
                   "a network of width 1 with the rates of theory has the same loss at every record, to rounding (relative)", 1e-12),
         Criterion("random_units_differ", "equal", "control", "a random start has all its units distinct at the end", 8),
         Criterion("monotone", "above", "control",
                   "one unit of a monotone activation: no start gets XOR's loss below 1/6", 1 / 6 - 1e-5),
         Criterion("not_monotone", "below", "control",
                   "one unit of sin, GELU, SiLU, Mish or a Gaussian fits XOR: the best start's loss", 1e-3))),
    Claim(
        "C10", "It depends on the activation at 0: sigmoid moves together, tanh and ReLU not at all.", "TRUE", None,
        "an activation with g(0) = 0 whose weights move by one bit, or one with g(0) and g'(0) not 0 of which a layer stays",
        ("C10", "C10-bias"), "frozen", "largest |weight|",
        (Criterion("frozen", "zero", "for", "every activation with g(0) = 0: all weights are exactly 0 at every record"),
         Criterion("moving", "nonzero", "for", "g(0) and g'(0) not 0 (sigmoid, softplus): every weight layer has moved"),
         Criterion("together", "one_unit", "for", "every activation: each hidden layer has one distinct unit at every record"),
         Criterion("output_only_moves", "nonzero", "for", "g(0) not 0 and g'(0) = 0 (Gaussian, cos): the output layer moves"),
         Criterion("output_only_stays", "zero", "for", "g(0) not 0 and g'(0) = 0 (Gaussian, cos): no other layer ever moves"),
         Criterion("bias_factor", "below", "control",
                   "g(0) = 0: the output bias converges by the factor 1 - 2 eta / m a step (largest relative error)", 1e-9),
         Criterion("bias_swings", "zero", "control", "eta = m: the output bias swings for ever, its loss stays as it was"))),
)


def claim_of(name: str) -> Claim:
    """The claim of an id. Raises KeyError."""
    for claim in CLAIMS:
        if claim.id == name:
            return claim
    raise KeyError(name)
