"""What modules return within a larger one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import nn

__all__ = ["results_of"]


@contextmanager
def results_of(modules: Mapping[str, nn.Module]) -> Iterator[dict[str, Any]]:
    """Within the block, keep what modules return by the names they are given under, of several calls the last."""
    found: dict[str, Any] = {}

    def keep(name: str, module: nn.Module) -> Any:
        return module.register_forward_hook(lambda module, given, result: found.update({name: result}))

    hooks = [keep(name, module) for name, module in modules.items()]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()
