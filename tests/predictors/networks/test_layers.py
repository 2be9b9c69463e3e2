import torch

from weaknas_predictors.networks.layers import ReadOut, Standardize, perceptron

COLUMNS = torch.tensor([[1.0, 5.0], [3.0, 5.0], [5.0, 5.0]])


def test_columns_get_mean_0_and_deviation_1_and_constant_ones_become_0():
    standardised = Standardize(COLUMNS)(COLUMNS)
    torch.testing.assert_close(standardised[:, 0], torch.tensor([-(1.5**0.5), 0.0, 1.5**0.5]))
    assert standardised[:, 1].tolist() == [0, 0, 0]


def test_one_output_comes_from_a_state_and_from_further_columns():
    state = torch.zeros(3, 4)
    assert ReadOut(4, COLUMNS)(state, COLUMNS).unique().numel() == 3
    assert ReadOut(4, COLUMNS[:, :0])(state, COLUMNS[:, :0]).shape == (3,)


def test_a_perceptron_without_hidden_layers_is_linear():
    assert [type(layer).__name__ for layer in perceptron(4, ())] == ["Linear", "Flatten"]
