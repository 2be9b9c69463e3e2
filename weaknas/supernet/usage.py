"""Which weights a result was computed with, whatever the family of networks."""

from torch import Tensor, nn

__all__ = ["used_parameters"]


def used_parameters(result: Tensor) -> list[nn.Parameter]:
    """Return the parameters that gradients of a result would reach, each once.

    They are found in the graph that autograd keeps, so those that are frozen are not among them. Of a parameter of
    which only a part was used, such as the first channels of a filter, the whole is returned.

    Args:
        result: computed by modules while gradients were recorded.
    """
    found: dict[nn.Parameter, None] = {}
    waiting, seen = [result.grad_fn], set()
    while waiting:
        function = waiting.pop()
        if function is None or function in seen:
            continue
        seen.add(function)
        if isinstance(variable := getattr(function, "variable", None), nn.Parameter):
            found[variable] = None
        waiting += [before for before, _ in function.next_functions]
    return list(found)
