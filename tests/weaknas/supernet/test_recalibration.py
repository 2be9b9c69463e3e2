import numpy as np
import pytest
import torch

from weaknas.errors import InvalidOption
from weaknas.supernet import make_supernet, recalibrate


@pytest.fixture
def net(small, randomise):
    return randomise(make_supernet(small)).subnet(small.sample(1, np.random.default_rng(0)))


def test_statistics_become_the_means_over_all_batches(net, images):
    batches = [images(8, 12, seed) for seed in range(3)]
    seen = []
    net.stem.conv.register_forward_hook(lambda module, inputs, output: seen.append(output))
    recalibrate(net, batches)
    torch.testing.assert_close(net.stem.bn.running_mean, torch.stack([x.mean((0, 2, 3)) for x in seen]).mean(0))
    torch.testing.assert_close(net.stem.bn.running_var, torch.stack([x.var((0, 2, 3)) for x in seen]).mean(0))


def test_the_variance_of_the_population_is_what_once_for_all_keeps(net, images):
    batches = [images(8, 12, seed) for seed in range(3)]
    seen = []
    hook = net.final.conv.register_forward_hook(lambda module, inputs, output: seen.append(output))
    recalibrate(net, batches, population=True)
    hook.remove()
    wanted = torch.stack([x.var((0, 2, 3), correction=0) for x in seen]).mean(0)
    torch.testing.assert_close(net.final.bn.running_var, wanted)
    recalibrate(net, batches)
    assert (net.final.bn.running_var > wanted).all()


def test_one_batch_in_evaluation_is_then_as_in_training(net, images):
    x = images(64, 12)
    trained = net.train()(x)
    recalibrate(net, [x])
    assert net.training
    torch.testing.assert_close(net.eval()(x), trained, rtol=0.05, atol=0.05)


def test_weights_modes_and_momenta_stay(net, images):
    net.dropout.p = 0.5
    before = {name: value.clone() for name, value in net.named_parameters()}
    net.eval()
    recalibrate(net, [images(8, 12)])
    assert not any(module.training for module in net.modules())
    assert net.stem.bn.momentum == 0.1
    for name, value in net.named_parameters():
        assert torch.equal(value, before[name])
        assert value.grad is None


def test_no_batches_are_refused(net):
    with pytest.raises(InvalidOption, match="at least one batch"):
        recalibrate(net, [])
