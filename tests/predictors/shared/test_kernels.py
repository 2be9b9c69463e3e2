import numpy as np
import pytest

from weaknas_predictors.shared.kernels import KERNELS


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_a_kernel_is_one_at_distance_zero_and_has_the_slope_that_it_says(name):
    kernel, square = KERNELS[name], np.linspace(0.1, 5, 20)
    np.testing.assert_allclose(kernel.value(np.zeros(1)), 1)
    numeric = (kernel.value(square + 1e-6) - kernel.value(square - 1e-6)) / 2e-6
    np.testing.assert_allclose(kernel.slope(square), numeric, rtol=1e-6)
    assert kernel.value(square.astype(np.float32)).dtype == np.float32
