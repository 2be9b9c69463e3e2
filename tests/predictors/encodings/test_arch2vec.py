import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidOption, NotFound
from weaknas.spaces import Choices, Graphs, NasBench101, NasBench201, Rows, encoding_cache

torch = pytest.importorskip("torch")

from weaknas_predictors.encodings import arch2vec  # noqa: E402  it needs torch


@pytest.fixture(scope="module")
def encode():
    """Trained for 80 steps of the usual 2,400, which is enough for what is tested here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arch2vec, "_SAMPLE", 10_240)
        patch.setattr(arch2vec, "_EPOCHS", 1)
        encoder = arch2vec.Arch2Vec(NasBench101())
        encoder(NasBench101().sample(1, np.random.default_rng(0)))
        return encoder


@pytest.fixture
def brief(monkeypatch):
    """Training for four steps."""
    monkeypatch.setattr(arch2vec, "_SAMPLE", 512)
    monkeypatch.setattr(arch2vec, "_EPOCHS", 1)


@pytest.fixture(scope="module")
def unseen():
    return NasBench101().sample(2_000, np.random.default_rng(123))


def test_isomorphic_cells_share_their_features_and_others_do_not(encode):
    cell, isomorph, other = encode(NasBench101().from_str(["i13o:110011", "i31o:110011", "i11o:110011"]))
    np.testing.assert_allclose(isomorph, cell, rtol=1e-4, atol=1e-4)
    assert np.abs(other - cell).max() > 0.1


def test_a_cell_one_edit_away_is_near(encode, unseen):
    features = encode(unseen)
    edited = encode(encode.space.mutate(unseen, np.random.default_rng(0)))
    near = np.linalg.norm(edited - features, axis=1).mean()
    assert near < 0.75 * np.linalg.norm(features[1:] - features[:-1], axis=1).mean()


def test_the_numbers_do_not_depend_on_the_global_state_of_torch_and_leave_it_alone(brief, unseen):
    features = arch2vec.Arch2Vec(NasBench101())(unseen)
    torch.manual_seed(5)
    state = torch.get_rng_state()
    np.testing.assert_array_equal(arch2vec.Arch2Vec(NasBench101())(unseen), features)
    assert torch.equal(torch.get_rng_state(), state)


def test_the_threads_of_torch_are_put_back(encode, unseen):
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        encode(unseen[:1])
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("cells", ["darts", "darts-edges", "nasnet"])
def test_networks_of_two_cells_have_features(cells, brief):
    space = weaknas.space(cells)
    features = arch2vec.Arch2Vec(space)(space.sample(20, np.random.default_rng(0)), "4")
    assert np.isfinite(features).all()
    assert len(np.unique(features, axis=0)) == 20


def test_the_argument_is_the_size_of_the_latent_vectors(brief, encode, unseen):
    assert encode(unseen[:5]).shape == (5, 48)
    assert encode(unseen[:0]).shape == (0, 48)
    features = encode(unseen[:5], "4")
    assert features.shape == (5, 12)
    assert features.dtype == np.float32
    for argument in ("0", "x", "-1"):
        with pytest.raises(NotFound, match=f"arch2vec:{argument} is no encoding; write arch2vec:LATENT"):
            encode(unseen, argument)


def test_it_is_learned_once_a_machine_and_without_noise(brief, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(encoding_cache, "cache_directory", lambda: tmp_path)
    rows = NasBench201().enumerate()[::40]
    first = Rows(NasBench201(), rows).encode(rows[:9], "onehot+arch2vec:2")
    assert first.shape == (9, 36)
    monkeypatch.setattr(arch2vec, "_trained", None)
    np.testing.assert_array_equal(Rows(NasBench201(), rows).encode(rows[:9], "arch2vec:2"), first[:, 30:])
    assert capsys.readouterr() == ("", "")  # a bar is for terminals


def test_a_space_without_graphs_is_refused():
    with pytest.raises(InvalidOption, match=r"arch2vec learns from graphs, which choices does not have; .* onehot"):
        Choices({"a": [1, 2]}).encode(np.zeros((1, 1), dtype=np.int8), "arch2vec")


def test_a_double_edge_is_an_edge():
    space = NasBench201()
    rows = space.enumerate()[::7]
    assert Graphs.unflatten(space.encode(rows, "graph")).adjacency.max() > 1
    adjacency, _ = arch2vec.graphs_of(space, rows)
    assert adjacency.unique().tolist() == [0, 1]  # or the likelihood of an edge would have no bound
