"""The page: one HTML file that holds its style, its script and its data, and loads nothing."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from weaknas import __version__
from weaknas.figures import SERIES

__all__ = ["render"]

_SCRIPTS = ("dom.js", "state.js", "table.js", "plot.js", "figures.js", "page.js")  # in the order they need each other

NOTES = (
    (
        "Honest protocol",
        "What a user of the search would get: of the architectures evaluated so far, the one with the best validation "
        "accuracy, and its test accuracy. The search and the choice never see test.",
    ),
    (
        "Paper protocol",
        "The best test accuracy among everything evaluated and the predictor's top-1 architecture, as the curves of "
        "the WeakNAS release show it. It chooses on test, so it is there for comparing with published curves only.",
    ),
    (
        "Optimum, Found",
        "A run has found the optimum when it has evaluated an architecture whose mean accuracy over all recorded "
        "training runs is the highest of the benchmark. Ties count, isomorphic copies do not. Found is the share of "
        "runs that did within their queries.",
    ),
    (
        "ERT",
        "Expected running time: the queries of all runs, those that failed included, divided by the number of runs "
        "that found the optimum. It says how many queries to expect when a run that fails is started again. The mean "
        "over successful runs alone would flatter a strategy that seldom succeeds; it is not shown.",
    ),
    (
        "Median",
        "Half of all runs need at most so many queries. A dash: fewer than half found the optimum.",
    ),
    (
        "Query",
        "One architecture evaluated at full fidelity. A repeated architecture is free, an isomorphic one is not, "
        "and a training of lower fidelity costs its share.",
    ),
    (
        "Candidates",
        "What a search may choose from: the architectures that a table lists, or everything that the encoding can "
        "write, where most of what is asked for fails. Queries under one do not compare with queries under the other.",
    ),
    (
        "Regret",
        "The best value in the benchmark less the one reached, or the other way where lower is better; of accuracies "
        "in points of percent.",
    ),
    (
        "Simulated hours",
        "What the evaluations would have cost in training time on the benchmark's own hardware, one after another.",
    ),
    (
        "Median run",
        "The details of an entry show what one of its runs found: the run whose architecture has the median test "
        "accuracy, the worse of two. Of what is made of cells there is a drawing.",
    ),
    (
        "Wall s",
        "Wall-clock seconds of the search itself, without evaluations, on whatever machine made the entry: good for "
        "orders of magnitude.",
    ),
    (
        "Intervals",
        "95 %, over seeds: bootstrapped for means, curves and ERT, Wilson's for shares, from order statistics for "
        "medians. Two entries whose intervals overlap may still differ, for the ranks compare them seed by seed.",
    ),
)


def render(data: Mapping[str, Any], title: str, command: str) -> str:
    """Return the page as text.

    Args:
        data: what the page shows, plain JSON values without NaN; see `board.contents`.
        title: the heading.
        command: how to build the page again, printed at its foot.
    """
    environment = Environment(
        loader=PackageLoader("weaknas_experiments.leaderboard", "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "ensure_ascii": False, "separators": (",", ":")}
    rows = [row for benchmark in data["benchmarks"] for row in benchmark["rows"]]
    return environment.get_template("page.html.j2").render(
        title=title,
        version=__version__,
        command=command,
        data={name: value for name, value in data.items() if name != "drawings"},
        drawings=[Markup(text) for text in data["drawings"]],
        runs=f"{sum(row['seeds'] for row in rows):,}",
        entries=len({row["label"] for row in rows}),
        benchmarks=len(data["benchmarks"]),
        notes=NOTES,
        colours=SERIES,
        css=_inlined("page.css"),
        js=Markup("\n").join(_inlined(name) for name in _SCRIPTS),
    )


def _inlined(name: str) -> Markup:
    """Return one of the page's own files, which need no escaping."""
    return Markup(files(__package__).joinpath("web", name).read_text("utf-8"))
