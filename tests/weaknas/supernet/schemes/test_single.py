import pytest

from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.supernet.schemes import Single


def test_every_step_trains_the_one_architecture_on_the_labels(watched, make_step, small):
    (row,) = small.sample(1, make_step(watched).rng)
    scheme = Single(small.to_str(row[None])[0], dropout=0.5, drop_connect=0.25)
    scheme.prepare(small, 10)
    for number in (0, 1):
        scheme.step(make_step(watched, number))
    assert watched.trained == [row[None].tobytes()] * 2
    assert {(path.dropout, path.drop_connect) for *_, path in watched.ran} == {(0.5, 0.25)}


def test_an_architecture_must_be_named_and_be_in_the_space(small):
    with pytest.raises(InvalidOption, match="name it"):
        Single().prepare(small, 10)
    with pytest.raises(InvalidArchitecture):
        Single("r1;w2").prepare(small, 10)
    with pytest.raises(InvalidOption, match="dropout of single is a rate"):
        Single("a0", dropout=1.0).prepare(small, 10)
