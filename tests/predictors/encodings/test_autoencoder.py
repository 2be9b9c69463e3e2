import numpy as np
import pytest

from weaknas.spaces import NasBench101

torch = pytest.importorskip("torch")

from weaknas_predictors.encodings.arch2vec import graphs_of  # noqa: E402  it needs torch
from weaknas_predictors.encodings.autoencoder import AutoEncoder  # noqa: E402
from weaknas_predictors.networks.training import Minibatches, build, train  # noqa: E402

SPACE = NasBench101()


def test_latent_vectors_hold_what_cells_it_has_not_seen_are_made_of():
    adjacency, kinds = graphs_of(SPACE, SPACE.sample(10_240, np.random.default_rng(0)))
    network = build(lambda: AutoEncoder(kinds.shape[-1], 16), 0)
    generator = torch.Generator().manual_seed(0)
    batches = Minibatches(len(kinds), 1, 128, generator)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.ConstantLR(optimizer, 1.0)
    train(network, lambda rows: network.loss(adjacency[rows], kinds[rows], generator), batches, optimizer, schedule)

    edges, kinds = graphs_of(SPACE, SPACE.sample(2_000, np.random.default_rng(123)))
    with torch.inference_mode():
        edge_logits, kind_logits = network.decode(network.encode(edges, kinds)[0])
    present = kinds.sum(-1) > 0
    truth = kinds.argmax(-1)[present]
    assert (kind_logits.argmax(-1)[present] == truth).float().mean() > 0.95 > 2 * truth.bincount().max() / len(truth)
    pairs = present[:, :, None] & present[:, None, :] & ~torch.eye(7, dtype=torch.bool)
    assert ((edge_logits > 0)[pairs] == edges[pairs].bool()).float().mean() > 0.85 > 1 - edges[pairs].mean()


def test_a_vertex_that_a_graph_does_not_have_has_no_latent_vector():
    network = build(lambda: AutoEncoder(5, 4), 0).eval()
    edges, kinds = graphs_of(SPACE, SPACE.from_str(["i3o:101"]))
    mean, _ = network.encode(edges, kinds)
    assert (mean[0].abs().sum(1) > 0).tolist() == [True, True, False, False, False, False, True]
