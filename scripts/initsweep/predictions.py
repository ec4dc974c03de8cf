"""What theory predicts of the networks of a panel, from the settings that they share: figures draw it over what was
measured."""
from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import matplotlib.lines
import numpy as np
import xarray

from initsweep.arrays import Array, columns, format_value, read_settings
from initsweep.design import Axis
from initsweep.mean_field import MEAN_FIELD, edge_of_chaos, find_mean_field, mean_square, normal_mean
from initsweep.rows import table
from initsweep.theory import (correlation_depth_scale, correlation_map, length_map, relu_correlation_map,
                              stability_threshold)

__all__ = ["NoPrediction", "WideNetworks", "wide_networks", "threshold_of", "predicted_layers", "trainable_depths",
           "edge_at"]

PREDICTED = "#D55E00"  # of predictions, unless each has the colour of what it predicts
TRAINABLE = 6  # depth scales of correlations to which networks can be trained: Schoenholz et al. 2017, section 5
# Standard deviation of the weights that initialisers draw independently, of mean 0, from their parameters
WEIGHT_STD: dict[str, Callable[[Mapping[str, Any], float, float], Any]] = {
    "mean_field": lambda p, fan_in, fan_out: p["sigma_w"] / math.sqrt(fan_in),
    "ntk": lambda p, fan_in, fan_out: p["sigma_w"] / math.sqrt(fan_in),
    "normal": lambda p, fan_in, fan_out: p["std"],
    "lecun_normal": lambda p, fan_in, fan_out: number(p["gain"]) / math.sqrt(fan_in),
    "lecun_uniform": lambda p, fan_in, fan_out: number(p["gain"]) / math.sqrt(fan_in),
    "glorot_normal": lambda p, fan_in, fan_out: number(p["gain"]) * math.sqrt(2 / (fan_in + fan_out)),
    "glorot_uniform": lambda p, fan_in, fan_out: number(p["gain"]) * math.sqrt(2 / (fan_in + fan_out)),
    "he_normal": lambda p, fan_in, fan_out: number(p["gain"]) / math.sqrt(fan(p["mode"], fan_in, fan_out)),
    "he_uniform": lambda p, fan_in, fan_out: number(p["gain"]) / math.sqrt(fan(p["mode"], fan_in, fan_out)),
}
# Settings that the theory of wide networks, and that of gradient descent, does not have, with the values that leave
# them out. A file does not have the settings that the program of its time did not know.
WIDE = {"network.residual.branch_layers": ("none", "0"), "network.normalization": ("none",),
        "network.mask": ("none",), "network.init_by_layer": (), "network.init_noise": ("0",),
        "network.init_sparsity": ("0",), "network.parametrization": ("standard",)}
FULL_BATCHES = {"train.batch_size": ("full", "0"), "train.schedule": ("constant",), "train.weight_decay": ("0",),
                "train.clip_norm": ("none", "0"), "train.gradient_noise": ("0",), "train.rate_by_layer": (),
                "network.dropout": ("0",), "network.parametrization": ("standard",)}


class NoPrediction(ValueError):
    """Why theory says nothing of some networks."""


class WeightScale(NamedTuple):
    """The axis of a figure that is sigma_w of hidden layers: its role, and sigma_w over its values."""
    role: str
    factor: float


class WideNetworks(NamedTuple):
    """Networks as the theory of wide ones sees them: sigma_w of each weight layer [layers], sigma_b of their biases."""
    activation: str
    sigma_w: Array
    sigma_b: float


def fan(mode: str, fan_in: float, fan_out: float) -> float:
    """The fan of an initialiser's mode."""
    return {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]


def own_column(dataset: xarray.Dataset, path: str) -> str | None:
    """The column of a setting, or of a part of it such as one layer: not that of a parameter. None: it was not swept,
    and is no column of all files."""
    paths = {name: str(dataset[name].attrs["path"]) for name in columns(dataset)}
    found = [name for name in paths if paths[name] == path] or [
        name for name in paths if paths[name].startswith(f"{path}.")]
    return min(found, key=len) if found else None


def forbid(dataset: xarray.Dataset, unless: Mapping[str, tuple[str, ...]]) -> None:
    """Raises NoPrediction if a setting has a value that is not one of those allowed."""
    for path, allowed in unless.items():
        column, node = own_column(dataset, path), read_settings(dataset, path)
        if column is not None:
            values = [format_value(value) for value in np.unique(dataset[column].values)]
        else:
            values = [] if node is None else [str(node.get("name", node) if isinstance(node, dict) else node)]
        for value in values:
            if value not in allowed:
                raise NoPrediction(f"{path} is {value}")


def shared_value(dataset: xarray.Dataset, column: str) -> Any:
    """The value of a column that all networks share. Raises NoPrediction if they do not."""
    values = np.unique(dataset[column].values)
    if len(values) != 1:
        raise NoPrediction(f"its networks differ in {column}")
    return values[0]


def shared_name(dataset: xarray.Dataset, path: str) -> str:
    """The name of a choice that all networks share, whatever its parameters. path: of the setting.

    Raises NoPrediction if they do not share it, and where the file does not have it.
    """
    column, node = own_column(dataset, path), read_settings(dataset, path)
    if column is not None:
        return str(shared_value(dataset, column))
    if node is None:
        raise NoPrediction(f"the file does not have {path}")
    return str(node["name"] if isinstance(node, dict) else node)


def shared_choice(dataset: xarray.Dataset, path: str, rows: str,
                  without: str | None = None) -> tuple[str, dict[str, Any]]:
    """A named choice with all parameters that all networks share, but for one in which they may differ (`without`).

    path: of the setting; rows: its table. Raises NoPrediction as shared_name, and if they differ in a parameter.
    """
    name, column, node = shared_name(dataset, path), own_column(dataset, path), read_settings(dataset, path)
    if name not in table(rows):
        raise NoPrediction(f"this library does not know {name} of {path}")
    parameters = dict(table(rows)[name].defaults)
    given = dict(node) if isinstance(node, dict) else {}
    for parameter in parameters:
        swept = f"{column}_{parameter}"
        if swept in columns(dataset) and parameter != without:
            given[parameter] = shared_value(dataset, swept)
    for parameter, value in given.items():
        if parameter in parameters and parameter != without:
            parameters[parameter] = value if isinstance(parameters[parameter], str) else number(value)
    return name, parameters


def number(value: Any) -> float:
    """A number of a setting, which the YAML reader takes for a text if it has no decimal point, as 1e-05. Raises
    NoPrediction for another text."""
    try:
        return float(value)
    except ValueError:
        raise NoPrediction(f"{value} is not a number") from None


def layer_sizes(dataset: xarray.Dataset) -> Array:
    """Inputs and units of each layer [layers + 1] that all networks share. Raises NoPrediction if they do not."""
    sizes = np.unique(np.column_stack([dataset["features"].values, dataset["layer_size"].values]), axis=0)
    if len(sizes) != 1:
        raise NoPrediction("its networks differ in the sizes of their layers")
    known = sizes[0][np.isfinite(sizes[0])]
    return np.asarray(known[known > 0], dtype=np.float64)


def wide_networks(dataset: xarray.Dataset) -> WideNetworks:
    """The networks of a dataset as the theory of wide networks sees them.

    Raises NoPrediction with what is missing if they do not share their settings, or have some that the theory does not.
    """
    activation = wide_activation(dataset)
    name, parameters = shared_choice(dataset, "network.init", "initializers")
    require_std(name, parameters)
    sizes = layer_sizes(dataset)
    sigma_w = np.array([WEIGHT_STD[name](parameters, fan_in, fan_out) * math.sqrt(fan_in)
                        for fan_in, fan_out in zip(sizes, sizes[1:])])
    return WideNetworks(activation, sigma_w, bias_std(dataset))


def require_std(name: str, parameters: Mapping[str, Any]) -> None:
    """Raises NoPrediction for an initialiser that is not one of independent weights of mean 0."""
    if name not in WEIGHT_STD:
        raise NoPrediction(f"the initialiser {name} has no sigma_w; those that have are {', '.join(WEIGHT_STD)}")
    if parameters.get("mean", 0.0) != 0.0:
        raise NoPrediction(f"the weights' mean is {format_value(parameters['mean'])}, not 0")


def wide_activation(dataset: xarray.Dataset) -> str:
    """The activation of networks that differ in sigma_w and sigma_b.

    Raises NoPrediction with what is missing if they do not share it, or have settings that the theory does not.
    """
    forbid(dataset, WIDE)
    require_std(shared_name(dataset, "network.init"), {})
    return known_activation(dataset)


def known_activation(dataset: xarray.Dataset) -> str:
    """The activation that all networks share. Raises NoPrediction if they do not, or if the theory is not known."""
    name, _ = shared_choice(dataset, "network.activation", "activations")
    if name not in MEAN_FIELD:
        raise NoPrediction(f"the activation is {name}; the theory is known here for {', '.join(MEAN_FIELD)}")
    return name


def bias_std(dataset: xarray.Dataset) -> float:
    """sigma_b: 0 without biases. Raises NoPrediction for biases that are not normal of mean 0."""
    if own_column(dataset, "network.bias") is not None:
        bias = shared_value(dataset, "bias")
    else:
        bias = read_settings(dataset, "network.bias") or "all"
    if bias == "none":
        return 0.0
    name, parameters = shared_choice(dataset, "network.bias_init", "initializers")
    if name == "zeros":
        return 0.0
    if name != "normal" or parameters["mean"] != 0.0:
        raise NoPrediction(f"bias_init is {name}; sigma_b is known of zeros, and of normal with mean 0")
    return float(parameters["std"])


def start_medians(dataset: xarray.Dataset, quantity: str) -> Array:
    """Medians over the networks of a quantity of each layer at step 0, [layers]. Raises NoPrediction if the file lacks
    it, or has no record of step 0."""
    if quantity not in dataset:
        raise NoPrediction(f"the file lacks {quantity}, the theory's start: add it to record.probes")
    steps = dataset["step"].values
    if not dataset.sizes["record"] or (steps[..., 0] != 0).any():
        raise NoPrediction("there is no record of step 0")
    return np.asarray(np.median(dataset[quantity].isel(record=0).values.astype(np.float64), axis=0))


def predicted_lengths(dataset: xarray.Dataset, wide: WideNetworks) -> Array:
    """q of each hidden layer [hidden] from the measured one of layer 1: q = sigma_w^2 int Dz phi(sqrt(q) z)^2 +
    sigma_b^2 (Poole et al. 2016, eq. 3)."""
    q = [float(start_medians(dataset, "pre_activation_variance")[0])]
    for sigma_w in wide.sigma_w[1:-1]:
        q.append(length_map(wide.activation, q[-1], float(sigma_w), wide.sigma_b))
    return np.array(q)


def predict_lengths(dataset: xarray.Dataset, wide: WideNetworks) -> dict[int, float]:
    return dict(enumerate(predicted_lengths(dataset, wide).tolist()[1:], start=1))


def predict_activations(dataset: xarray.Dataset, wide: WideNetworks) -> dict[int, float]:
    """E phi^2 - (E phi)^2 of normal pre-activations."""
    q = predicted_lengths(dataset, wide)
    phi = find_mean_field(wide.activation).value
    return dict(enumerate((mean_square(phi, q) - normal_mean(phi, q) ** 2).tolist()))


def slopes_of(wide: WideNetworks, q: Array) -> Array:
    """chi of each hidden layer [hidden], sigma_w^2 int Dz phi'(sqrt(q) z)^2 with sigma_w of the layer above: the factor
    of squared deltas from there (Schoenholz et al. 2017, eq. 15)."""
    return np.asarray(wide.sigma_w[1:] ** 2 * mean_square(find_mean_field(wide.activation).slope, q))


def predict_deltas(dataset: xarray.Dataset, wide: WideNetworks) -> dict[int, float]:
    """Below the last hidden layer, whose value is measured: chi of each layer, and widths, as squared deltas are sums
    over the units above."""
    slope, units = slopes_of(wide, predicted_lengths(dataset, wide)), layer_sizes(dataset)[1:]
    last, measured = len(slope) - 1, start_medians(dataset, "delta_variance")
    value, predicted = float(measured[last]), {}
    for layer in reversed(range(last)):
        value *= float(slope[layer] * units[layer + 1] / units[layer])
        predicted[layer] = value
    return predicted


def predict_gradients(dataset: xarray.Dataset, wide: WideNetworks) -> dict[int, float]:
    """Below the last hidden layer, whose value is measured, and above the first, whose inputs are data: the norm of a
    sample's gradient is that of its deltas times that of the activations below."""
    q, units = predicted_lengths(dataset, wide), layer_sizes(dataset)[1:]
    slope, inner = slopes_of(wide, q), mean_square(find_mean_field(wide.activation).value, q) * units[:-1]
    last, measured = len(slope) - 1, start_medians(dataset, "gradient_norm")
    value, predicted = float(measured[last]) ** 2, {}
    for layer in reversed(range(1, last)):
        value *= float(slope[layer] * inner[layer - 1] / inner[layer])
        predicted[layer] = math.sqrt(value)
    return predicted


def predict_correlations(dataset: xarray.Dataset, wide: WideNetworks) -> dict[int, float]:
    """c of each hidden layer for inputs of |x|^2 = features and the probe's correlation (Poole et al. 2016, eq. 5)."""
    probes = read_settings(dataset, "record.probes") or []
    given = [probe.get("correlation") for probe in probes
             if isinstance(probe, dict) and probe.get("name") == "correlation_map"]
    c = float(given[0]) if given and given[0] is not None else float(table("probes")["correlation_map"].defaults[
        "correlation"])
    q = float(wide.sigma_w[0]) ** 2 + wide.sigma_b ** 2
    c = (float(wide.sigma_w[0]) ** 2 * c + wide.sigma_b ** 2) / q
    predicted = {0: c}
    for layer, sigma_w in enumerate(wide.sigma_w[1:-1], start=1):
        if wide.activation == "relu":  # quadratures have an error at a kink
            c = relu_correlation_map(c, float(sigma_w), wide.sigma_b, q)
        else:
            c = correlation_map(wide.activation, c, q, float(sigma_w), wide.sigma_b)
        q = length_map(wide.activation, q, float(sigma_w), wide.sigma_b)
        predicted[layer] = c
    return predicted


class LayerPrediction(NamedTuple):
    """What is predicted of a quantity of each hidden layer at step 0: a function that gives values by layer, from 0,
    and the formula for a legend."""
    values: Callable[[xarray.Dataset, WideNetworks], dict[int, float]]
    formula: str


BY_LAYER = {
    "pre_activation_variance": LayerPrediction(
        predict_lengths, r"$q_{l+1} = \sigma_w^2 \int Dz\, \phi(\sqrt{q_l}\, z)^2 + \sigma_b^2$ from the measured "
        "$q_1$"),
    "activation_variance": LayerPrediction(
        predict_activations, r"variance of $\phi(\sqrt{q_l}\, z)$, $q_l$ by the length map from the measured $q_1$"),
    "delta_variance": LayerPrediction(
        predict_deltas, r"by $\chi(q_k)$ of each layer from that measured in the last hidden layer"),
    "gradient_norm": LayerPrediction(
        predict_gradients, r"one sample's, by $\chi(q_k)$ and $|a_k|$ from that measured in the last hidden layer"),
    "correlation_map": LayerPrediction(
        predict_correlations, r"$c_l$ by the correlation map, from the correlation of the inputs"),
}


def predicted_layers(dataset: xarray.Dataset, quantity: str) -> dict[int, float]:
    """What is predicted of a quantity at step 0, by layer from 0. Raises NoPrediction with what is missing."""
    return BY_LAYER[quantity].values(dataset, wide_networks(dataset))


def threshold_of(dataset: xarray.Dataset) -> float:
    """The curvature at which the optimiser that all networks share becomes unstable, theory.stability_threshold.

    Raises NoPrediction with what is missing.
    """
    forbid(dataset, FULL_BATCHES)
    name, parameters = shared_choice(dataset, "train.optimizer", "optimizers")
    if name not in ("sgd", "momentum", "nesterov"):
        raise NoPrediction(f"the optimiser is {name}; the threshold is known of sgd, momentum and nesterov")
    rate = float(shared_value(dataset, "learning_rate"))
    if rate == 0.0:
        raise NoPrediction("the learning rate is 0")
    return stability_threshold(rate, parameters.get("momentum", 0.0), name == "nesterov")


def weight_scale(dataset: xarray.Dataset, axes: Mapping[str, Axis]) -> WeightScale:
    """Which of some axes is sigma_w of hidden layers. axes: by their roles.

    Raises NoPrediction if none is, or if the networks differ in width.
    """
    for role, axis in axes.items():
        parameter = axis.name.removeprefix("init_")
        if axis.name not in ("init_sigma_w", "init_std", "init_gain"):
            continue
        name, parameters = shared_choice(dataset, "network.init", "initializers", without=parameter)
        require_std(name, parameters)
        width = float(shared_value(dataset, "width"))
        return WeightScale(role, WEIGHT_STD[name]({**parameters, parameter: 1.0}, width, width) * math.sqrt(width))
    raise NoPrediction("no axis is sigma_w: init_sigma_w, init_std or init_gain")


def edge_at(activation: str, sigma_b: float) -> float:
    """sigma_w of the edge of chaos at a sigma_b. Raises NoPrediction if there is none."""
    sigma_w, along = edge_of_chaos(activation)
    if np.ptp(sigma_w) < 1e-3:  # a line at any sigma_b
        return float(sigma_w[0])
    order = np.argsort(along)
    if not along[order[0]] - 1e-3 <= sigma_b <= along[order[-1]]:
        raise NoPrediction(f"{activation} has no edge of chaos at sigma_b = {format_value(sigma_b)}")
    return float(np.interp(sigma_b, along[order], sigma_w[order]))


def trainable_depths(activation: str, sigma_w: Array, sigma_b: float) -> Array:
    """The depth to which networks can be trained, 6 xi_c, at each sigma_w [n]; NaN where lengths vanish or grow without
    bound, infinite at the edge of chaos."""
    depths = np.full(len(sigma_w), np.nan)
    for i, value in enumerate(sigma_w):
        try:
            depths[i] = TRAINABLE * correlation_depth_scale(activation, float(value), sigma_b)
        except ValueError:
            continue
    return depths


def prediction_handle(label: str, **style: Any) -> Any:
    """A legend entry of a prediction."""
    return matplotlib.lines.Line2D([], [], **{"color": PREDICTED, "linewidth": 2, **style}, label=label)


def explain_absence(panel: Any, reason: str) -> None:
    """Writes into a panel why it has no prediction."""
    panel.text(0.5, 0.98, textwrap.fill(f"no theory: {reason}", 34), transform=panel.transAxes, ha="center", va="top",
               fontsize=6.5, color="0.25", bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1})


def require_prediction(absent: Mapping[Any, NoPrediction], panels: int) -> None:
    """Raises NoPrediction if no panel has a prediction, with the first reason. absent: of panels without."""
    if absent and len(absent) == panels:
        raise NoPrediction(f"no theory can be drawn: {next(iter(absent.values()))}")


def panel_networks(dataset: xarray.Dataset, *axes: tuple[Axis, int]) -> xarray.Dataset:
    """The networks that have these values. axes: (axis, code of its value)."""
    own = np.ones(dataset.sizes["network"], bool)
    for axis, code in axes:
        own &= axis.codes == code
    return dataset.isel(network=np.flatnonzero(own))
