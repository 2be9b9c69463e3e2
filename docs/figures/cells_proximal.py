"""The proximal steps of the sparse supernet beside simpler ones, on quadratics: no networks, some seconds.

    python docs/figures/cells_proximal.py

Steps to within 1e-6 of the minimum of a quadratic and a sparse group lasso, with and without extrapolation (FISTA and
ISTA), over ten random quadratics of 98 coefficients in four groups, as in a cell of DARTS; and by how much the value
that the proximal operator reaches is above what a general minimiser finds, at most.
"""

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor, nn

from weaknas.distributions import Hapg, prox

GROUPS = [list(range(first, last)) for first, last in ((0, 14), (14, 35), (35, 63), (63, 98))]
LAM = 0.02
MOST = 4_000
Floats = NDArray[np.float64]


def penalty(v: Floats, lam: float = LAM) -> float:
    """Return the sparse group lasso."""
    groups = sum(np.sqrt(len(group)) * np.linalg.norm(v[group]) for group in GROUPS)
    return float(lam * (np.abs(v).sum() + groups))


def steps(matrix: Tensor, aim: Tensor, *, extrapolate: bool, least: float | None = None) -> tuple[int, float, float]:
    """Return how many steps came to within 1e-6 of the least value, the last value, and the share of exact zeros."""
    value = nn.Parameter(torch.full((len(aim),), 1 / 7, dtype=torch.double))
    optimizer = Hapg(value, GROUPS, 1.0, LAM, LAM)  # the largest eigenvalue is 1

    def loss() -> Tensor:
        return 0.5 * (value - aim) @ matrix @ (value - aim)

    for number in range(1, MOST + 1):  # noqa: B007 - how many there were
        if extrapolate:
            optimizer.extrapolate()
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        now = loss().item() + penalty(value.detach().numpy())
        if least is not None and now - least < 1e-6:
            break
    return number, now, float((value == 0).double().mean())


def quadratic(condition: float, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return the matrix of a quadratic, with eigenvalues from 1 down to 1 / `condition`, and its centre."""
    basis = np.linalg.qr(rng.normal(size=(98, 98)))[0]
    matrix = basis @ np.diag(np.geomspace(1, 1 / condition, 98)) @ basis.T
    return torch.from_numpy(matrix), torch.from_numpy(rng.normal(size=98))


def above(rng: np.random.Generator) -> float:
    """Return by how much the operator's value is above that of a general minimiser."""
    u, eta = rng.normal(size=98), 1.0

    def value(v: Floats) -> float:
        return float(((v - u) ** 2).sum() / (2 * eta) + penalty(v, 0.1))

    begin = np.concatenate([np.maximum(u, 0), np.maximum(-u, 0)])
    bounds = [(0, None)] * len(begin)
    found = minimize(lambda v: value(v[:98] - v[98:]), begin, method="L-BFGS-B", bounds=bounds)
    return value(prox(torch.from_numpy(u), eta, 0.1, 0.1, GROUPS).numpy()) - float(found.fun)


def main() -> None:
    """Count, and print."""
    rows = []
    for condition in (10.0, 100.0, 1000.0):
        for seed in range(10):
            matrix, aim = quadratic(condition, np.random.default_rng(seed))
            least = steps(matrix, aim, extrapolate=True)[1]
            fista, _, zeros = steps(matrix, aim, extrapolate=True, least=least)
            ista = steps(matrix, aim, extrapolate=False, least=least)[0]
            rows.append({"condition": condition, "ista": ista, "fista": fista, "zeros": zeros})
    print(pd.DataFrame(rows).groupby("condition").agg(["mean", "min", "max"]).round(2).to_string())
    print(
        "the operator's value is above a minimiser's by at most",
        max(above(np.random.default_rng(i)) for i in range(10)),
    )


if __name__ == "__main__":
    main()
