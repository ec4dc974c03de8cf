"""Quantities that several papers look at."""
from __future__ import annotations

import numpy as np

from initsweep.arrays import STOPPED, Array
from papers.paper import Networks


def mean_squares(networks: Networks, of: str = "activation") -> Array:
    """Mean square of the activations (or "pre_activation") of each layer at the start [networks, layers]."""
    return np.asarray(networks.at(f"{of}_mean", 0) ** 2 + networks.at(f"{of}_variance", 0))


def steps_needed(networks: Networks) -> Array:
    """Steps until the sweep's rule stopped a network, infinite where it never did [networks]."""
    return np.where(networks.get("status") == STOPPED, networks.get("steps_done"), np.inf)
