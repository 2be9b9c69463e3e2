"""What every space takes and refuses; the laws that hold in it are `weaknas.testing.SpaceContract`."""

import numpy as np
import pytest

from weaknas.errors import InvalidArchitecture, InvalidOption, NotFound
from weaknas.spaces import (
    AttentiveNas,
    Choices,
    FbnetV2,
    NasBench101,
    NasBench201,
    NatsSize,
    OfaMobileNetV3,
    Rows,
    Space,
    SposMobileNet,
    as_rows,
)

CHOICES = Choices({"depth": [2, 3, 4], "width": [16, 32], "act": ["relu", "swish", "gelu", "none"]})
OFA = OfaMobileNetV3()
SPACES = {
    "nasbench101": NasBench101(),
    "nasbench201": NasBench201(),
    "nats-size": NatsSize(),
    "choices": CHOICES,
    "ofa-mbv3": OFA,
    "attentive-nas": AttentiveNas(),
    "fbnetv2": FbnetV2(),
    "spos-mobilenet": SposMobileNet(),
    "narrowed": OFA.narrow({"k": [5, 7], "d": [4]}),
    "restricted": OFA.restrict(lambda batch: OFA.cost(batch).macs < 250e6, "under 250 million MACs"),
    "rows": Rows(CHOICES, CHOICES.enumerate()[::2]),
}
everywhere = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)


def draw(space, seed, n=5):
    return space.sample(n, np.random.default_rng(seed))


@everywhere
def test_encodings_concatenate(space):
    batch = draw(space, 0)
    parts = [space.encode(batch, kind) for kind in space.encoders]
    np.testing.assert_array_equal(space.encode(batch, "+".join(space.encoders)), np.concatenate(parts, axis=1))


@everywhere
def test_an_unknown_encoding_is_answered_with_the_known_ones(space):
    with pytest.raises(NotFound, match=r"no encoding 'nope'; known: .*onehot"):
        space.encode(draw(space, 0), "nope")


@everywhere
@pytest.mark.parametrize("text", ["", "nonsense", "i1o:", "|none~0|", "i99o:111", "2;16", "é"])
def test_a_text_that_is_no_architecture_is_refused(space, text):
    with pytest.raises(InvalidArchitecture, match="is not an architecture of"):
        space.from_str([text])


@everywhere
def test_a_single_text_is_a_batch_of_one(space):
    (text,) = space.to_str(draw(space, 0, 1))
    np.testing.assert_array_equal(space.from_str(text), space.from_str([text]))
    with pytest.raises(InvalidArchitecture, match="'nonsense' is not an architecture of"):
        space.from_str("nonsense")


@everywhere
@pytest.mark.parametrize("texts", [None, 5, b"i1o", [None], [float("nan")], [["a"]], [{}], [b"io:1"], ["9" * 5000]])
def test_what_is_no_list_of_texts_is_refused_in_a_short_sentence(space, texts):
    with pytest.raises(InvalidArchitecture) as error:
        space.from_str(texts)
    assert len(str(error.value)) < 800


@everywhere
def test_no_texts_are_an_empty_batch(space):
    empty, rng = space.from_str([]), np.random.default_rng(0)
    assert (empty.shape, empty.dtype) == ((0, len(space.options)), np.int8)
    assert space.to_str(empty) == []
    for batch in (space.validate(empty), space.mutate(empty, rng), space.crossover(empty, empty, rng)):
        assert len(batch) == 0
    assert len(space.encode(empty)) == len(space.key(empty)) == len(space.code(empty)) == 0


@everywhere
@pytest.mark.parametrize("value", [-1, 100, 127, 128, 256, 2**63, 10**30])
def test_a_number_that_is_no_option_is_refused_wherever_rows_are_taken(space, value):
    rows = [[value, *row[1:]] for row in draw(space, 0).tolist()]
    doors = [space.validate, space.to_str, space.code, space.key, space.encode, space.from_indices, space.to_indices]
    for door in [*doors, getattr(space, "cost", space.validate)]:
        with pytest.raises(InvalidArchitecture, match="a row holds"):
            door(rows)


@everywhere
def test_rows_are_taken_as_lists_too(space):
    batch = draw(space, 0)
    assert space.to_str(batch.tolist()) == space.to_str(batch)
    np.testing.assert_array_equal(space.code(batch.tolist()), space.code(batch))
    np.testing.assert_array_equal(space.encode(batch.tolist()), space.encode(batch))
    np.testing.assert_array_equal(space.from_indices(space.to_indices(batch)), batch)


@everywhere
def test_an_order_of_rows_that_nobody_knows_is_refused_by_name(space):
    with pytest.raises(NotFound, match=r"no order of rows of .* named 'naslab'"):
        space.from_indices(draw(space, 0), order="naslab")


class Wide(Choices):
    """A space of one's own with more options than a row can hold."""

    options = np.array([300, 2, 4])


@pytest.mark.parametrize("act", [lambda space: space.sample(2, np.random.default_rng(0)), Space.enumerate, as_rows])
def test_more_options_than_a_row_can_hold_are_refused_by_name(act):
    with pytest.raises(InvalidOption, match="choice 0 of choices has 300 options; a choice has 1 to 127"):
        act(Wide(CHOICES.recipe["choices"]))


@everywhere
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b[0], "a batch of one row"),
        (lambda b: b[:, :-1], "integer array"),
        (lambda b: b.astype(float), "holds integers"),
        (lambda b: np.where(np.arange(b.shape[1]) == 1, 100, b), "choice 1 has .* the row says 100"),
        (lambda b: np.where(np.arange(b.shape[1]) == 0, -1, b), "choice 0 has .* the row says -1"),
        (lambda b: np.where(np.arange(b.shape[1]) == 0, 256, b.astype(int)), "the row says 256"),
    ],
)
def test_a_batch_that_is_no_batch_is_refused(space, change, message):
    with pytest.raises(InvalidArchitecture, match=message):
        space.validate(change(draw(space, 0)))


def test_path_encodings_truncate():
    for space in (NasBench101(), NasBench201()):
        batch = draw(space, 1)
        np.testing.assert_array_equal(space.encode(batch, "path:7"), space.encode(batch, "path")[:, :7])
        with pytest.raises(NotFound, match="positive whole number"):
            space.encode(batch, "path:0")
