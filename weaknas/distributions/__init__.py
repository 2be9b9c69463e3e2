"""Distributions over the architectures of any space, as modules: what a scheme that learns architectures learns.

`Uniform`, `Independent`, `LayerJoint`, `Gumbel` and `Thresholded` are distributions; `Raw` has coefficients without
constraints, and `Hapg` and `AdamHapg` make some of them exactly zero. `importance` and `prior_loss` are how PARSEC and
FP-NAS learn a distribution. They are made of the space's named choices and know nothing else of it. Where a choice may
be without meaning, such as the kernel of a block past its stage's depth:

- `sample` and `log_prob` are of *architectures*: choices without meaning are set to 0 in what is drawn, and the
  probability of an architecture is that of all rows that differ in such choices only. Probabilities sum to one over
  the different architectures.
- `entropy` and `mode` are of the *raw draw*, in which every choice is made whether it will have a meaning or not. Its
  entropy is a sum over choices or layers, by which FP-NAS sets its number of samples (Yan et al., CVPR 2021); that of
  the architectures, never larger, has no closed form in general. Its mode is what PARSEC and FP-NAS derive: the
  likeliest option of each choice, or of each layer's choices together.

Where some rows are no architecture (NAS-Bench-101, a part of a space by a condition), those are drawn again, or from
a list of few in proportion to their probabilities, which comes to the same. `log_prob` remains that of a single draw:
for all architectures it is too small by the same amount, minus the logarithm of how often a draw is valid, of which
`prior_loss(centred=True)` has no need. Rows of the same network by isomorphism (cells of the NAS-Benches) have a
probability each.
"""

from .base import ArchDistribution
from .categorical import Categorical, Independent, LayerJoint, Uniform
from .gumbel import Gumbel
from .importance import effective_samples, importance, prior_loss, samples_for
from .proximal import AdamHapg, Hapg, prox
from .raw import Raw
from .thresholded import Thresholded

__all__ = [
    "AdamHapg",
    "ArchDistribution",
    "Categorical",
    "Gumbel",
    "Hapg",
    "Independent",
    "LayerJoint",
    "Raw",
    "Thresholded",
    "Uniform",
    "effective_samples",
    "importance",
    "prior_loss",
    "prox",
    "samples_for",
]
