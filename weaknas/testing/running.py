"""Running a contract suite without pytest."""

import inspect
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from unittest import SkipTest

from ..errors import plugin_sentence

__all__ = ["Verdict", "raises", "require", "verdicts"]


class Verdict(NamedTuple):
    """What became of one test of a contract.

    Attributes:
        what: what was tested, in words.
        passed: True, False, or None where the test does not apply.
        why: what is wrong and what to do, or why the test does not apply; empty if passed.
        trace: the traceback of the plug-in's own error, where that is what failed; else empty.
    """

    what: str
    passed: bool | None
    why: str = ""
    trace: str = ""


def verdicts(contract: Any, make: Callable[[], Any]) -> Iterator[Verdict]:
    """Run the tests of a contract one by one, each on a plug-in of its own.

    Args:
        contract: an instance of a contract suite.
        make: returns a new plug-in.
    """
    # In the order of their definition, a subclass's own tests last.
    names = dict.fromkeys(name for part in reversed(type(contract).__mro__) for name in vars(part))
    for name in (n for n in names if n.startswith("test_")):
        test = getattr(type(contract), name)
        what = (inspect.getdoc(test) or name).splitlines()[0].rstrip(".")
        try:
            test(contract, make())
        except SkipTest as reason:
            yield Verdict(what, None, str(reason))
        except AssertionError as error:
            yield Verdict(what, False, str(error) or plugin_sentence(error))
        except (Exception, SystemExit) as error:
            trace = "".join(traceback.format_exception(error.__cause__ or error))
            yield Verdict(what, False, plugin_sentence(error), trace)
        else:
            yield Verdict(what, True)


def require(condition: bool, message: str) -> None:
    """Fail with a message; unlike `assert` also under `python -O`.

    Raises:
        AssertionError: the condition is false.
    """
    if not condition:
        raise AssertionError(message)


def raises(kind: type[Exception], call: Callable[[], object]) -> bool:
    """Return whether a call raises an error of a kind."""
    try:
        call()
    except kind:
        return True
    return False
