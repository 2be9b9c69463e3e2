import copy

import pytest

from weaknas.errors import InvalidArchitecture, InvalidTable
from weaknas_benchmarks.importing.records201 import TOPOLOGY, Records

TEXT = "|none~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|"
EVALUATED = [f"{split}@{epoch}" for split in ("x-valid", "x-test", "ori-test") for epoch in (11, 199)]
TRAINING = {
    "eval_acc1es": dict.fromkeys(EVALUATED, 50.0),
    "eval_losses": {},
    "train_times": dict.fromkeys(range(200), 2.0),
    "latency": [-1],
}
RECORD = {
    "arch_str": TEXT,
    "all_results": {(name, 777): TRAINING for name in ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")},
}


def tables(*schedules):
    """The tables of one architecture with the same, or a changed, record for each schedule."""
    records = Records(TOPOLOGY, 1, "official")
    records.add(schedules[-1]["arch_str"], dict(zip((12, 200), schedules, strict=False)))
    return {table.dataset: table for table in records.tables()}


def changed(**entries):
    return copy.deepcopy(RECORD) | entries


def test_a_record_without_latency_or_loss_has_no_such_columns():
    columns = tables(RECORD, RECORD)["cifar100"].columns
    assert columns["train_seconds"].tolist() == [400.0]
    assert not any("loss" in column or "latency" in column for column in columns)


def test_means_are_over_the_known_runs_and_an_unknown_seed_gets_the_next_number():
    results = {
        ("cifar100", seed): {**TRAINING, "eval_acc1es": {"x-valid@199": acc}} for seed, acc in ((888, 40.0), (5, 70.0))
    }
    columns = tables(RECORD, changed(all_results=results))["cifar100"].columns
    accuracies = {name: values.tolist() for name, values in columns.items() if name.startswith("valid_acc")}
    assert accuracies == {
        "valid_acc": [55.0],
        "valid_acc_run1": [40.0],
        "valid_acc_run3": [70.0],
        "valid_acc_e12": [50.0],
        "valid_acc_run0_e12": [50.0],
    }


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (changed(arch_str=TEXT.replace("nor_conv_3x3", "none")), "its 12-epoch record is of"),
        (
            changed(all_results={("cifar100", 777): {**TRAINING, "eval_acc1es": {"x-valid@199": 101.0}}}),
            "an accuracy of 101.0 %",
        ),
        (changed(all_results={("cifar100", 777): {**TRAINING, "latency": [1e300]}}), "latency_ms_gpu_run0 of 1e"),
        ({"arch_str": TEXT}, "KeyError: 'all_results'"),
    ],
)
def test_what_is_no_record_is_refused(record, sentence):
    with pytest.raises(InvalidTable, match=sentence):
        tables(RECORD, record)


def test_what_is_no_architecture_is_refused():
    with pytest.raises(InvalidArchitecture, match="is not an architecture of NAS-Bench-201"):
        tables(*2 * [changed(arch_str="|none~0|")])


def test_without_the_full_schedule_there_are_no_accuracies_to_search():
    assert "valid_acc" not in tables(RECORD)["cifar10"].columns
