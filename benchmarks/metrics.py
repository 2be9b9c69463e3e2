"""The metrics of a table: those that its card lists, or that the names of format 1 imply."""

import re
from collections.abc import Sequence
from typing import Any

from weaknas.errors import InvalidOption
from weaknas.metrics import ACCURACY, Metric
from weaknas.table_file import TableData
from weaknas.words import some

from .published import published_of

__all__ = ["chosen", "metrics_of"]

_LOSS = Metric("loss", minimize=True, valid="valid_loss", test="test_loss")
_IMPLIED = (  # by docs/table-format.md, version 1: pattern, unit, direction, free to know
    (r"latency_ms_.*", "ms", "minimize", True),
    (r"params|macs", "", "minimize", True),
    (r"peak_memory_bytes", "bytes", "minimize", True),
    (r"memory_mib_.*", "MiB", "minimize", True),
    (r"energy_(mean_)?wh_.*", "Wh", "minimize", True),  # of an inference
    (r"energy_kwh", "kWh", "minimize", False),  # of the training
    (r"throughput_ips_.*", "images/s", "maximize", True),
    (r"zc_.*", "", "maximize", True),
    (r"train_seconds", "s", "minimize", False),
)


def metrics_of(data: TableData) -> list[Metric]:
    """Return the metrics of a table, the one that searches see by default first.

    Args:
        data: the table. A published one has what weaknas knows of it; another one what its card lists
            (`metrics`, docs/table-format.md); and any has what the names of its columns imply.
    """
    published = published_of(data)
    listed: list[dict[str, Any]] = (published.metrics if published else []) or data.card.get("metrics", [])
    metrics = [Metric.from_card(content) for content in listed]
    known = {column for metric in metrics for column in (metric.valid, metric.test)}
    if not listed:
        losses, accuracies = (any(map(_columns_of(metric).fullmatch, data.columns)) for metric in (_LOSS, ACCURACY))
        metrics = [ACCURACY, _LOSS] if losses and accuracies else [_LOSS if losses else ACCURACY]
    for column in data.columns:
        for pattern_text, unit, direction, free in _IMPLIED:
            if column not in known and re.fullmatch(pattern_text, column):
                metrics.append(Metric(column, unit, direction == "minimize", free=free))
    counted = ("params", "macs")  # of what a table has no column for, the space may know it
    return metrics + [Metric(name, minimize=True, free=True) for name in counted if name not in data.columns]


def _columns_of(metric: Metric) -> re.Pattern[str]:
    """Return what the names of the columns of a metric match, runs and fidelities included."""
    return re.compile(rf"({re.escape(metric.valid)}|{re.escape(metric.test)})(_run\d+)?(_e\d+)?")


def chosen(objective: str | Sequence[str], metrics: Sequence[Metric], name: str) -> tuple[Metric, bool, list[Metric]]:
    """Return what a search sees first, whether that is its value on test, and the further objectives.

    Args:
        objective: `valid` or `test` for the table's own metric, or the columns of metrics, in a list or joined by
            commas.
        metrics: those of the table.
        name: of the benchmark.

    Raises:
        InvalidOption: there is no such metric, or the same one twice.
    """
    wanted = objective.split(",") if isinstance(objective, str) else list(objective)
    columns = {column: metric for metric in reversed(metrics) for column in (metric.name, metric.test, metric.valid)}
    if metrics:
        columns |= {"valid": metrics[0], "test": metrics[0]}
    names = [text.strip() if isinstance(text, str) else text for text in wanted]
    if missing := [text for text in names if text not in columns]:
        raise InvalidOption(
            f"{name} has no objective {missing[0]!r}; objectives are 'valid', 'test', or columns whose unit and "
            f"direction are known: {some([metric.valid for metric in metrics], 12)}."
        )
    first, *rest = (columns[text] for text in names) if names else (None,)
    if first is None:
        raise InvalidOption("a search needs an objective; 'valid' is the default.")
    if len({first, *rest}) < len(names):
        raise InvalidOption(f"the objectives {', '.join(names)} name the same metric twice.")
    return first, names[0] in ("test", first.test), rest
