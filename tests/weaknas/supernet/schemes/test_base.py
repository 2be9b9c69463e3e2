import re
from pathlib import Path

import pytest

import weaknas
from weaknas.doors import names_from_data
from weaknas.errors import InvalidOption, NotFound, PluginError, UntrustedName
from weaknas.supernet import schemes, training
from weaknas.supernet.schemes import AttentiveSampling, BigNas, Ofa, Spos, make_scheme


@pytest.mark.parametrize(
    ("scheme", "message"),
    [
        (Spos(paths=0), "paths of spos is a whole number of at least 1, not 0"),
        (Spos(paths=1.5), "paths of spos is a whole number of at least 1, not 1.5"),
        (BigNas(between=-1), "between of bignas is a whole number of at least 0, not -1"),
        (BigNas(dropout=1), "dropout of bignas is a rate from 0 to below 1, not 1"),
        (
            AttentiveSampling(drop_connect="much"),
            "drop_connect of attentivenas is a rate from 0 to below 1, not 'much'",
        ),
        (AttentiveSampling(candidates=0), "candidates of attentivenas is a whole number"),
        (AttentiveSampling(pick="up"), "pick is 'best' or 'worst', not 'up'"),
        (AttentiveSampling(bin_macs=0), "bins of 0 multiply-accumulates have no width"),
        (Ofa(paths=(1,)), r"paths of ofa is one positive whole number for each of \('k', 'd', 'e', 'w'\)"),
        (Ofa(paths=(1, 2, 0, 4)), "paths of ofa is one positive whole number"),
        (Ofa(distil=-1.0), "distil of ofa is a weight of at least 0, not -1.0"),
    ],
)
def test_options_that_cannot_be_used_are_refused(small, scheme, message):
    with pytest.raises(InvalidOption, match=message):
        scheme.prepare(small, 100)


def test_schemes_come_through_a_door(tmp_path):
    assert {"attentivenas", "bignas", "ofa", "single", "spos"} <= {*weaknas.names("schemes")}
    assert make_scheme("spos", {"paths": 2}) == Spos(paths=2)
    with pytest.raises(NotFound, match="there is no scheme named 'spoz'; did you mean spos"):
        make_scheme("spoz", {})
    file = tmp_path / "mine.py"
    file.write_text("class Mine: ...")
    with pytest.raises(PluginError, match="makes a Mine, which is no dataclass and a Scheme"):
        make_scheme(f"{file}:Mine", {})
    with names_from_data(), pytest.raises(UntrustedName):
        make_scheme(f"{file}:Mine", {})


def test_no_scheme_knows_a_family():
    for module in (schemes, training):
        for file in Path(module.__file__).parent.glob("*.py"):
            assert not re.search(r"mobile|\.network\b", file.read_text(), re.IGNORECASE), file


def test_a_run_came_to_no_mixture_unless_its_scheme_says_so():
    assert make_scheme("spos", {}).selection() is None
