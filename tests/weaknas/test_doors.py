import sys
from importlib.metadata import EntryPoint

import pytest

import weaknas
from weaknas import doors
from weaknas.errors import InvalidOption, MissingExtra, NotFound, PluginError

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
    with pytest.raises(PluginError, match="'gone' cannot be imported: No module named"):
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
