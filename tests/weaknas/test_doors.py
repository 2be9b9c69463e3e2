import sys
from importlib.metadata import EntryPoint

import pytest

import weaknas
from weaknas import doors
from weaknas.errors import InvalidOption, MissingExtra, NotFound, PluginError, UntrustedName

PLUGIN = """
class Mean:
    def __init__(self, shift=0.0):
        self.shift = shift
    def fit(self, X, y):
        self.mean = y.mean() + self.shift
        return self
    def predict(self, X):
        import numpy as np
        return np.full(len(X), self.mean)

def named(argument, value=1):
    return argument, value
"""


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "plugin.py"
    path.write_text(PLUGIN)
    return path


def test_builtins_come_through_the_doors():
    assert {"mlp", "random-forest", "xgboost"} <= set(weaknas.names("predictors"))
    assert {"random", "regularized-evolution", "weaknas"} <= set(weaknas.names("strategies"))
    assert weaknas.names("benchmarks", "nasbench201/*") == [
        "nasbench201/cifar10",
        "nasbench201/cifar100",
        "nasbench201/imagenet16-120",
    ]


def test_a_plugin_in_a_file_needs_no_package(plugin):
    predictor = weaknas.predictor(f"{plugin}:Mean", shift=2.0)
    assert predictor.shift == 2.0


def test_a_space_is_made_by_its_name_or_from_a_file(plugin):
    assert weaknas.space("ofa-mbv3", width=1.2).width == 1.2
    assert weaknas.names("spaces", "na*") == ["nasbench101", "nasbench201", "nasnet", "nats-size"]
    with pytest.raises(NotFound, match="there is no space named 'nasbench301'; did you mean nasbench"):
        weaknas.space("nasbench301")
    with pytest.raises(PluginError, match=r"makes a Mean, not a weaknas\.Space"):
        weaknas.space(f"{plugin}:Mean")
    with doors.names_from_data(), pytest.raises(UntrustedName, match="only a user may name it"):
        weaknas.space(f"{plugin}:Mean")


def test_the_argument_of_a_name_goes_to_the_plugin_first(plugin, monkeypatch):
    entry = EntryPoint("named", "pathlib:PurePosixPath", "weaknas.predictors")
    monkeypatch.setattr(doors, "_entries", lambda group, path: {"named": entry})
    made = doors.PREDICTORS.create("named:tpe")
    assert str(made) == "tpe"


def test_a_finder_adds_names_of_its_own(tmp_path, toy_file, monkeypatch):
    assert "toy" not in weaknas.names("benchmarks")
    monkeypatch.setenv("WEAKNAS_DATA", str(toy_file.parent))
    assert "toy" in weaknas.names("benchmarks")
    assert weaknas.benchmark("toy", run=1).run == 1
    with pytest.raises(InvalidOption, match="'rum'; it takes run"):
        weaknas.benchmark("toy", rum=1)
    with pytest.raises(NotFound, match="no benchmark named 'tox'; did you mean toy"):
        weaknas.benchmark("tox")


def test_an_unknown_name_is_answered_with_close_ones():
    with pytest.raises(NotFound, match="no predictor named 'xgbost'; did you mean xgboost"):
        weaknas.predictor("xgbost")


def test_an_unknown_name_without_close_ones_is_answered_with_all():
    with pytest.raises(NotFound, match=r"known: bananas, .*, mlp, .*, zero-cost"):
        weaknas.predictor("qqqqqq")


@pytest.mark.parametrize(
    ("name", "message"), [("{}:Nope", "named 'Nope'"), ("{}", "no object"), ("no.py:A", "no file")]
)
def test_a_file_or_object_that_is_not_there_is_named(plugin, name, message):
    with pytest.raises(NotFound, match=message):
        weaknas.predictor(name.format(plugin))


def test_a_file_that_cannot_be_imported_is_named(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("1 / 0")
    with pytest.raises(PluginError, match=r"broken.py cannot be imported: ZeroDivisionError"):
        weaknas.predictor(f"{path}:Anything")


def test_an_unknown_option_is_answered_with_the_known_ones():
    with pytest.raises(InvalidOption, match=r"'mlp'.*'depth'; it takes hidden, epochs"):
        weaknas.predictor("mlp", depth=3)


def test_two_packages_with_one_name_are_refused(monkeypatch):
    one = EntryPoint("same", "a:A", "weaknas.predictors")
    two = EntryPoint("same", "b:B", "weaknas.predictors")
    monkeypatch.setattr(doors, "entry_points", lambda group: [one, two])
    doors._entries.cache_clear()
    try:
        with pytest.raises(PluginError, match=r"two plug-ins of weaknas\.predictors are named 'same'"):
            doors.PREDICTORS.names()
    finally:
        doors._entries.cache_clear()


def test_a_plugin_that_cannot_be_imported_is_named(monkeypatch):
    entry = EntryPoint("gone", "no_such_package:Thing", "weaknas.predictors")
    monkeypatch.setattr(doors, "_entries", lambda group, path: {"gone": entry})
    with pytest.raises(PluginError, match="'gone' cannot be imported: ModuleNotFoundError: No module named"):
        weaknas.predictor("gone")


def test_a_missing_extra_is_named_once(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "weaknas.supernet", raising=False)
    entry = EntryPoint("supernet", "weaknas.supernet:Supernet", "weaknas.predictors")
    monkeypatch.setattr(doors, "_entries", lambda group, path: {"supernet": entry})
    with pytest.raises(MissingExtra) as refused:
        doors.PREDICTORS.load("supernet")
    assert str(refused.value) == "weaknas.supernet needs torch; run: pip install 'weaknas[supernet]'."


@pytest.mark.parametrize(("door", "name"), [("BENCHMARKS", "digits:foo"), ("STRATEGIES", "weaknas:foo")])
def test_an_argument_that_a_plugin_does_not_take_is_refused(door, name):
    with pytest.raises(NotFound, match=f"{name.partition(':')[0]}' takes nothing after a colon"):
        getattr(doors, door).load(name)


@pytest.mark.parametrize("name", ["digits-train", "supernet:runs/mine", "/data/mine.parquet", "mine.parquet"])
def test_a_benchmark_that_data_names_reads_no_file_and_trains_nothing(name):
    with doors.names_from_data(), pytest.raises(UntrustedName, match="only a user may name it"):
        weaknas.benchmark(name)


def test_what_data_names_is_never_executed(tmp_path):
    path = tmp_path / "evil.py"
    path.write_text(f"from pathlib import Path\nPath({str(tmp_path / 'ran')!r}).touch()\nclass bench: ...")
    with doors.names_from_data():
        for door in (doors.BENCHMARKS, doors.PREDICTORS, doors.STRATEGIES, doors.ENCODINGS, doors.COMMANDS):
            with pytest.raises(UntrustedName):
                door.load(f"{path}:bench")
        space = weaknas.benchmark("digits").space
        with pytest.raises(UntrustedName):
            weaknas.strategy("weaknas", space, predictor=f"ensemble:{path}:bench")._make_predictor()
    assert not (tmp_path / "ran").exists()
    doors.BENCHMARKS.load(f"{path}:bench")
    assert (tmp_path / "ran").exists()


def test_a_kind_of_name_that_does_not_exist_is_answered_with_close_ones():
    with pytest.raises(NotFound, match="no kind of name named 'predictor'; did you mean predictors"):
        weaknas.names("predictor")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (lambda space: (space, "random"), "strategy takes a name and then a space, .* not Rows and str"),
        (lambda space: ("random", weaknas.benchmark("digits")), r"such as benchmark\.space, not str and Table"),
    ],
)
def test_swapped_arguments_of_strategy_are_named(arguments, message):
    with pytest.raises(InvalidOption, match=message):
        weaknas.strategy(*arguments(weaknas.benchmark("digits").space))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n1 / 0", r"ZeroDivisionError: division by zero \(.*plugin\.py, line 2\)\.$"),
        ("x = 1\n\nclass A(", r"SyntaxError: '\(' was never closed \(.*plugin\.py, line 3\)\.$"),
        ("import no_such_thing", r"ModuleNotFoundError: No module named 'no_such_thing' \(.*plugin\.py, line 1\)\.$"),
        ("raise AssertionError", r"AssertionError \(.*plugin\.py, line 1\)\.$"),
        ("raise SystemExit(3)", r"SystemExit: 3 \(.*plugin\.py, line 1\)\.$"),
        ("raise KeyError('a\\nb')", r"KeyError: 'a\\nb' \(.*plugin\.py, line 1\)\.$"),
    ],
)
def test_a_plugin_file_that_fails_keeps_type_file_line_and_cause(plugin, text, message):
    plugin.write_text(text)
    with pytest.raises(PluginError, match=message) as refused:
        weaknas.predictor(f"{plugin}:Mean")
    assert refused.value.__cause__ is not None
    assert refused.value.__cause__.__traceback__ is not None


def test_a_registered_plugin_that_fails_in_any_way_keeps_type_file_and_line(plugin, monkeypatch):
    plugin.write_text("def f():\n    return {}['a']\nf()")
    monkeypatch.syspath_prepend(plugin.parent)
    entry = EntryPoint("broken", "plugin:Mean", "weaknas.predictors")
    monkeypatch.setattr(doors, "_entries", lambda group, path: {"broken": entry})
    with pytest.raises(PluginError, match=r"'broken' cannot be imported: KeyError: 'a' \(.*plugin\.py, line 2\)"):
        weaknas.predictor("broken")


@pytest.mark.parametrize(
    ("text", "make", "message"),
    [
        ("made = 3", weaknas.predictor, "is a int, not a class or a function that makes one"),
        ("def made(): return 3", weaknas.predictor, "makes a int, which has no fit and predict"),
        ("def made(): return str", weaknas.predictor, "makes the class str, not an object of it"),
        (
            "import sys\ndef made(): sys.exit(2)",
            weaknas.predictor,
            r"cannot be made: SystemExit: 2 \(.*plugin\.py, line 2\)",
        ),
        ("def made(): return 3", weaknas.benchmark, r"makes a int, not a weaknas\.Benchmark"),
        ("def made(space): return 3", weaknas.strategy, r"makes a int, not a weaknas\.Strategy"),
        (
            "def made(*space): return 1 / 0",
            weaknas.strategy,
            r"cannot be made: ZeroDivisionError.*\(.*plugin\.py, line 1\)",
        ),
    ],
)
def test_a_plugin_that_makes_something_else_is_named(plugin, text, make, message):
    plugin.write_text(text)
    space = [weaknas.benchmark("digits").space] if make is weaknas.strategy else []
    with pytest.raises(PluginError, match=message):
        make(f"{plugin}:made", *space)


def test_a_library_that_is_missing_is_noticed_before_anything_is_paid_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "xgboost", None)
    space = weaknas.benchmark("digits").space
    for name in ("xgboost", "ensemble:xgboost", "rank-transform:xgboost", "multi-fidelity:xgboost"):
        with pytest.raises(
            MissingExtra, match=r"xgboost(, which)? is not installed; run: pip install 'weaknas\[xgboost\]'"
        ):
            weaknas.strategy("weaknas", space, predictor=name)


@pytest.mark.parametrize("name", ["a" * 300 + ".py:A", "a\0b.py:A", 3, None, "", ":", "*"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(NotFound):
        weaknas.predictor(name)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "import os\n\nx = os.nothing\n",
            "AttributeError: module 'os' has no attribute 'nothing' .*broken.py, line 3",
        ),
        ("def f(:\n", r"SyntaxError: invalid syntax .*broken.py, line 1"),
        ("import json\njson.loads('{')\n", "JSONDecodeError: .*broken.py, line 2"),
        (
            "class It:\n    def __init__(self):\n        1 / 0\n",
            "cannot be made: ZeroDivisionError: .*broken.py, line 3",
        ),
    ],
)
def test_an_error_of_a_file_is_told_with_its_type_and_place(source, message, tmp_path):
    (tmp_path / "broken.py").write_text(source)
    with pytest.raises(PluginError, match=message) as raised:
        doors.PREDICTORS.create(f"{tmp_path / 'broken.py'}:It")
    assert raised.value.__cause__ is not None


def test_what_the_user_opened_is_known_to_data_by_its_own_name_unless_it_is_for_users_only(tmp_path, monkeypatch):
    monkeypatch.setattr(doors, "_OPENED", {})
    source = "class Mine:\n    name = 'mine-{0}'\n    user_only = {0}\n    def __init__(self): pass\n"
    for user_only in (False, True):
        (file := tmp_path / f"opened_{user_only}.py").write_text(source.format(user_only))
        with doors.names_from_data(), pytest.raises(NotFound):
            doors.SPACES.load(f"mine-{user_only}")
        doors.SPACES.load(f"{file}:Mine")
    with doors.names_from_data():
        assert doors.SPACES.load("mine-False").name == "mine-False"
        with pytest.raises(UntrustedName):
            doors.SPACES.load("mine-True")
