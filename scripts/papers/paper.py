"""What a module of a paper is made of: its description, its results, and the rows of its table."""
from __future__ import annotations

import dataclasses
import importlib
import pathlib
import pkgutil
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from claims.data import Networks
from initsweep.results import open_results
from initsweep.style import Figure

if TYPE_CHECKING:
    import xarray

__all__ = ["Figure", "Module", "Networks", "Paper", "Results", "Row", "between", "find_papers", "near"]


@dataclasses.dataclass(frozen=True)
class Paper:
    """The description of a paper, and what of it is reproduced."""

    name: str  # of its module: first author and year, he_2015
    authors: str
    year: int
    title: str
    source: str  # where it is found, and the section, equation or figure that is reproduced
    sentence: str  # the statement that is tested
    scaled: str  # what was scaled down and why
    caption: str  # of the figure; also its alternative text
    sweeps: tuple[str, ...]  # names of sweep files in data/papers
    quick: bool  # whether sweeps and analysis take about two seconds or less: they run in every whole test
    quoted: bool = True  # whether `sentence` is the paper's own words


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of a paper's table: one number, theirs, from theory and as measured, and where it has to be."""

    quantity: str
    measured: float
    low: float  # the tolerance, stated before the measurement
    high: float
    theory: float | None = None
    theirs: str = ""  # as the paper prints it, with the place; empty where it could not be looked up
    interval: tuple[float, float] | None = None  # of 95 % confidence, of `measured`
    unit: str = ""

    @property
    def within(self) -> bool:
        """Whether the measured number is within its tolerance. NaN is not."""
        return self.low <= self.measured <= self.high


def near(quantity: str, measured: Any, theory: Any, *, relative: float | None = None, absolute: float | None = None,
         theirs: str = "", interval: tuple[float, float] | None = None, unit: str = "") -> Row:
    """A row whose number has to be at most `relative` times |theory|, or `absolute`, away from theory.

    Raises ValueError unless exactly one of both is given.
    """
    if (relative is None) == (absolute is None):
        raise ValueError(f"'{quantity}' needs either a relative or an absolute tolerance")
    theory = float(theory)
    width = absolute if relative is None else relative * abs(theory)
    assert width is not None
    return Row(quantity, float(measured), theory - width, theory + width, theory, theirs, interval, unit)


def between(quantity: str, measured: Any, low: float, high: float, *, theory: float | None = None, theirs: str = "",
            interval: tuple[float, float] | None = None, unit: str = "") -> Row:
    """A row whose number has to be in [low, high]; either end may be infinite."""
    return Row(quantity, float(measured), low, high, theory, theirs, interval, unit)


class Results(Mapping[str, Networks]):
    """The results of a paper's sweeps by their names; each file is opened when it is first asked for."""

    def __init__(self, paper: Paper, folder: pathlib.Path):
        """folder: of the results files, NAME.h5 of data/papers/NAME.yaml."""
        self.paper = paper
        self.folder = folder
        self._open: dict[str, Networks] = {}

    def path(self, sweep: str) -> pathlib.Path:
        """The results file of a sweep. Raises KeyError if the paper does not list the sweep."""
        if sweep not in self.paper.sweeps:
            raise KeyError(f"{self.paper.name} does not name the sweep '{sweep}'")
        return self.folder / f"{sweep}.h5"

    def __getitem__(self, sweep: str) -> Networks:
        if sweep not in self._open:
            self._open[sweep] = Networks(self.path(sweep))
        return self._open[sweep]

    def __iter__(self) -> Any:
        return iter(self.paper.sweeps)

    def __len__(self) -> int:
        return len(self.paper.sweeps)

    def dataset(self, sweep: str) -> xarray.Dataset:
        """The same file as a labelled dataset, for the figures of the library."""
        return open_results(self.path(sweep))


class Module(Protocol):
    """The module of a paper."""

    PAPER: Paper

    @staticmethod
    def rows(results: Results) -> list[Row]:
        """The numbers of the paper's table, in its order."""

    @staticmethod
    def draw(results: Results) -> Figure:
        """The paper's figure, 7 inches wide."""


def find_papers() -> dict[str, Module]:
    """The modules of all papers by their names, oldest paper first."""
    folder = str(pathlib.Path(__file__).parent)
    names = [one.name for one in pkgutil.iter_modules([folder]) if re.search(r"_\d{4}$", one.name)]
    modules: dict[str, Any] = {name: importlib.import_module(f"papers.{name}") for name in names}
    return dict(sorted(modules.items(), key=lambda item: (item[1].PAPER.year, item[0])))
