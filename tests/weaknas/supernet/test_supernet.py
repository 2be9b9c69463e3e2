"""What makes a supernet of a space; what every supernet does is tested by its contract (test_contract.py)."""

import numpy as np
import pytest

from weaknas.errors import InvalidArchitecture, InvalidOption
from weaknas.spaces import NatsSize, UserMobile
from weaknas.supernet import make_supernet
from weaknas.supernet.mobile.supernet import MobileSupernet


def test_the_space_says_what_its_supernet_is(small):
    class Own(MobileSupernet):
        pass

    class OwnSpace(UserMobile):
        supernet = Own

    assert type(make_supernet(small)) is MobileSupernet
    assert type(make_supernet(OwnSpace(small.recipe["table"]))) is Own


def test_a_space_without_a_supernet_is_refused():
    with pytest.raises(InvalidOption, match="there is no supernet of nats-size: it is not a space of whole networks"):
        make_supernet(NatsSize())


def test_unknown_options_are_refused(small):
    with pytest.raises(InvalidOption, match="small has no option 'gamma'; it takes zero_gamma, bn_momentum"):
        make_supernet(small, gamma=1)


def test_a_sub_network_is_one_architecture(small):
    with pytest.raises(InvalidArchitecture, match="a sub-network is a single architecture, not 2"):
        make_supernet(small).subnet(small.sample(2, np.random.default_rng(0)))
