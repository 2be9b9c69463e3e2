from optuna.distributions import CategoricalDistribution, IntDistribution

from weaknas.optuna.params import Params
from weaknas.spaces import Choices, NasBench201, Rows

CELLS = NasBench201()


def test_parameters_have_the_names_and_options_of_choices():
    space = Choices({"depth": [2, 3], "norm": ["batch", "layer", "none"]})
    arch = space.from_str(["3;layer"])
    params = Params(Rows(space, space.enumerate()))
    assert params.of(arch) == {"depth": "3", "norm": "layer"}
    assert params.arch({"depth": "3", "norm": "layer"}).tolist() == arch.tolist()
    assert Params(CELLS).distributions["choice 5"] == CategoricalDistribution((0, 1, 2, 3, 4))
    assert Params(space, ordered=True).distributions["choice 1"] == IntDistribution(0, 2)
