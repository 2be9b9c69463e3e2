"""The scikit-learn regressor around a network."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import repeat
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state
from torch import Tensor, nn

from weaknas.spaces import Graphs

from ..shared.checked import Checked
from ..shared.scaling import Scores, line
from .losses import loss_named
from .training import Inputs, TrainingOptions, build, outputs, train_on_scores

__all__ = ["GraphRegressor", "NetworkRegressor"]


class NetworkRegressor(Checked):
    """What the torch predictors have in common: they standardise, train, calibrate, average over members.

    A subclass has `_make`, and its `__init__` keeps these options, of which it may add others:

    Args:
        loss: `mse`, or one of the ranking losses `hinge`, `logistic`, `listmle`, `warp` (see `networks.losses`).
            After a ranking loss the outputs mean nothing but an order; the least-squares line from them to the
            training scores, which never falls, makes percent of them.
        epochs: passes over the data.
        learning_rate: AdamW's highest step.
        weight_decay: AdamW's decay.
        batch_size: architectures a step.
        members: networks, alike but for their random choices, whose mean is the prediction.
        warm_start: whether a further fit continues with the networks of the last one.
        random_state: seed of initial weights and batches.
    """

    loss: str
    epochs: int
    learning_rate: float
    weight_decay: float
    batch_size: int
    members: int
    warm_start: bool
    random_state: int | None
    networks_: list[Any]

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores.

        Raises:
            InvalidOption: there is no such loss, or the features are in an encoding that the network cannot use.
        """
        loss_named(self.loss)  # before anything is made
        features, scores = self._training(X, y, goes_on=self._goes_on)
        inputs = self._inputs(features)
        seeds = check_random_state(self.random_state).randint(2**31, size=self.members).tolist()
        if not self._goes_on:
            self.networks_ = [build(make, seed) for make, seed in zip(self._makers(inputs), seeds, strict=False)]
            self.scores_ = Scores.of(scores)
        targets = self.scores_(scores)
        options = TrainingOptions(self.loss, self.epochs, self.learning_rate, self.weight_decay, self.batch_size)
        self.lines_ = []
        for network, seed in zip(self.networks_, seeds, strict=True):
            train_on_scores(network, inputs, torch.from_numpy(targets).float(), options, seed)
            self.lines_.append((1.0, 0.0) if self.loss == "mse" else line(outputs(network, inputs).numpy(), targets))
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return `(m,)` predicted scores."""
        inputs = self._inputs(self._asked(X))
        fitted = zip(self.networks_, self.lines_, strict=True)
        each = [outputs(network, inputs).double().numpy() * slope + start for network, (slope, start) in fitted]
        return self.scores_.back(np.mean(each, axis=0))

    @property
    def _goes_on(self) -> bool:
        return self.warm_start and hasattr(self, "networks_")

    def _inputs(self, X: ArrayLike) -> Inputs:
        """Return the inputs of the network; here the features as they are."""
        return (_tensor(X),)

    def _makers(self, inputs: Inputs) -> Iterable[Callable[[], nn.Module]]:
        """Return what makes each member, here all alike."""
        return repeat(partial(self._make, inputs))

    def _make(self, inputs: Inputs) -> nn.Module:
        """Return an untrained network for inputs like these."""
        raise NotImplementedError


class GraphRegressor(NetworkRegressor):
    """A regressor whose network takes graphs: adjacency `(n, v, v)`, kinds `(n, v, k)`, further columns `(n, r)`."""

    encodings: ClassVar[tuple[str, ...]] = ("graph+counts", "graph")

    def _inputs(self, X: ArrayLike) -> Inputs:
        graphs, rest = Graphs.split(X)
        return _tensor(graphs.adjacency), _tensor(graphs.kinds), _tensor(rest)


def _tensor(X: Any) -> Tensor:
    """A copy: torch warns of arrays that cannot be written to."""
    return torch.tensor(np.asarray(X, dtype=np.float32))
