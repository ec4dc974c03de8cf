"""Made-up networks for the tests of figures, and what a reader sees of a figure."""
import matplotlib.text
import numpy as np
import xarray


def texts(figure):
    """All texts of a figure that can be seen."""
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text() and text.get_visible()]


def learning(**settings):
    """What open_results would give of made-up networks. settings: columns, each [network]; loss falls from 1 to 0.1."""
    count = len(next(iter(settings.values())))
    coords = {"depth": np.full(count, 2), "width": np.full(count, 4), "replicate": np.zeros(count, int),
              "activation": np.full(count, "tanh", object), "init": np.full(count, "zeros", object), **settings}
    loss = np.linspace(1, 0.1, 5) * np.ones((count, 1))
    layered = (("network", "record", "layer"), np.ones((count, 5, 3)))
    return xarray.Dataset(
        {"status": ("network", np.ones(count, int)), "steps_done": ("network", np.full(count, 100)),
         "loss": (("network", "record"), loss),
         "gradient_norm": layered, "mean_cosine": layered, "distinct_units": layered, "singular_value_max": layered},
        {"network": np.arange(count), "step": ("record", [0, 1, 10, 50, 100]),
         **{name: ("network", values, {"path": "network." + name.split("_")[0]}) for name, values in coords.items()}},
        {"title": "made up"})


def panels_of(figure):
    """The visible panels with their lines: those of its parts, without legends and colour bars."""
    inner = [panel for part in figure.subfigs for panel in panels_of(part)]
    own = [] if figure.subfigs else figure.axes
    return inner + [panel for panel in own if panel.get_visible() and panel.get_label() != "<colorbar>"]
