import pytest
import torch

from weaknas.errors import InvalidOption
from weaknas_predictors.networks.losses import LOSSES, hinge, listmle, logistic, loss_named, mse, warp

TARGETS = torch.tensor([0.5, -1.0, 2.0, 0.0, -2.0, 1.0])
RANKING = [hinge, logistic, listmle, warp]
each = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
ranking = pytest.mark.parametrize("loss", RANKING)


@each
def test_the_right_order_costs_less_than_any_swap(loss):
    right = loss(TARGETS, TARGETS)
    for i in range(len(TARGETS)):
        for j in range(i):
            swapped = TARGETS.clone()
            swapped[[i, j]] = swapped[[j, i]]
            assert loss(swapped, TARGETS) > right >= 0


@pytest.mark.parametrize("loss", [mse, hinge, warp])
def test_nothing_is_paid_for_the_truth(loss):
    assert loss(TARGETS, TARGETS) == 0


@pytest.mark.parametrize("loss", [logistic, listmle])
def test_likelihoods_are_won_by_ever_clearer_orders(loss):
    assert loss(TARGETS, TARGETS) > loss(10 * TARGETS, TARGETS) > loss(100 * TARGETS, TARGETS)
    torch.testing.assert_close(loss(1000 * TARGETS, TARGETS), torch.tensor(0.0))


@each
def test_descent_lifts_the_best_and_lowers_the_worst(loss):
    predictions = torch.zeros(len(TARGETS), requires_grad=True)
    loss(predictions, TARGETS).backward()
    assert predictions.grad[TARGETS.argmax()] < 0 < predictions.grad[TARGETS.argmin()]


@ranking
def test_a_ranking_loss_sees_differences_only(loss):
    predictions = torch.tensor([0.3, 0.1, -0.2, 0.0, 0.5, -0.1])
    torch.testing.assert_close(loss(predictions + 7, TARGETS), loss(predictions, TARGETS))
    torch.testing.assert_close(loss(predictions, 3 * TARGETS - 5), loss(predictions, TARGETS))


@each
def test_the_order_of_the_batch_does_not_matter(loss):
    predictions = torch.tensor([0.3, 0.1, -0.2, 0.0, 0.5, -0.1])
    order = torch.tensor([4, 2, 0, 5, 1, 3])
    torch.testing.assert_close(loss(predictions[order], TARGETS[order]), loss(predictions, TARGETS))


def test_warp_cares_more_for_the_top_and_hinge_does_not():
    targets = torch.arange(6.0)
    top, bottom = targets.clone(), targets.clone()
    top[[4, 5]] = targets[[5, 4]]
    bottom[[0, 1]] = targets[[1, 0]]
    assert warp(top, targets) > warp(bottom, targets)
    assert hinge(top, targets) == hinge(bottom, targets)


@ranking
@pytest.mark.parametrize("n", [1, 4])
def test_without_an_order_there_is_nothing_to_learn(loss, n):
    predictions = torch.zeros(n, requires_grad=True)
    loss(predictions, torch.ones(n)).backward()
    assert torch.isfinite(predictions.grad).all()
    if loss is not listmle:  # it takes ties in the order in which they come
        assert (predictions.grad == 0).all()


def test_an_unknown_loss_is_refused():
    with pytest.raises(InvalidOption, match="no loss 'mae'; known: mse, hinge"):
        loss_named("mae")
