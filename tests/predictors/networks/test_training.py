import pickle

import torch
from torch import nn

from weaknas_predictors.networks.training import Minibatches, TrainingOptions, build, outputs, train_on_scores

X = torch.rand(50, 4, generator=torch.Generator().manual_seed(0))
OPTIONS = TrainingOptions("mse", epochs=20, learning_rate=1e-2, weight_decay=0.0, batch_size=16)


def network():
    return nn.Sequential(nn.Linear(4, 8), nn.SiLU(), nn.Linear(8, 1), nn.Flatten(0))


def test_an_epoch_takes_every_row_once_in_batches_of_equal_size_and_another_order():
    batches = Minibatches(50, 2, 16, torch.Generator().manual_seed(0))
    drawn = list(batches)
    assert len(batches) == len(drawn) == 6
    assert {len(rows) for rows in drawn} == {16, 17}
    first, second = torch.cat(drawn[:3]), torch.cat(drawn[3:])
    assert first.sort().values.tolist() == second.sort().values.tolist() == list(range(50))
    assert not torch.equal(first, second)
    assert len(Minibatches(3, 4, 16)) == 4


def test_weights_follow_from_the_seed_and_the_global_generator_is_left_alone():
    torch.manual_seed(5)
    state = torch.get_rng_state()
    one, other = build(network, 1), build(network, 1)
    for made in (one, other):
        train_on_scores(made, (X,), X[:, 0], OPTIONS, seed=2)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(outputs(one, (X,)), outputs(other, (X,)))
    assert not torch.equal(outputs(build(network, 3), (X,)), outputs(build(network, 1), (X,)))


def test_a_trained_network_predicts_and_holds_no_gradients():
    made = build(network, 1)
    before = (outputs(made, (X,)) - X[:, 0]).square().mean()
    train_on_scores(made, (X,), X[:, 0], OPTIONS, seed=2)
    assert (outputs(made, (X,)) - X[:, 0]).square().mean() < before / 2
    assert not made.training
    assert all(parameter.grad is None for parameter in made.parameters())
    assert len(pickle.dumps(made)) < 10_000


def test_many_rows_go_through_a_network_in_blocks():
    sizes = []

    def count(rows):
        sizes.append(len(rows))
        return rows[:, 0]

    many = torch.rand(5000, 2)
    assert torch.equal(outputs(count, (many,)), many[:, 0])
    assert sizes == [2048, 2048, 904]
