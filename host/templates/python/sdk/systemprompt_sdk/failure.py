"""How a call fails, sorted by what the caller can do about it.

What the host refuses is raised as `Failed`, and so is what a provider refuses: `raise refused("port-taken", "…")`.
"""

import traceback

from componentize_py_types import Err as Failed
from wit_world.imports import types

MESSAGE_CHARS_MAX = 400


def _detail(code, message, help=None):
    return types.Detail(_text(code), _text(message), None if help is None else _text(help), None)


def _text(value):
    """What the contract takes as text: an exception is often given as a message, and half a surrogate is no text."""
    return str(value).encode("utf-8", "replace").decode()


def refused(code, message, help=None):
    """Somebody has to change something first."""
    return Failed(types.Failure_Refused(_detail(code, message, help)))


def retryable(code, message, help=None):
    """The other side is not there or not ready; the same call may work later."""
    return Failed(types.Failure_Retryable(_detail(code, message, help)))


def ambiguous(code, message, help=None):
    """It is not known whether the effect happened."""
    return Failed(types.Failure_Ambiguous(_detail(code, message, help)))


def broken(code, message, help=None):
    """Something that should not happen did."""
    return Failed(types.Failure_Broken(_detail(code, message, help)))


def cancelled(code, message):
    """The host asked the operation to stop."""
    return Failed(types.Failure_Cancelled(_detail(code, message)))


def looked_up(failed):
    """Code, message and help of a failure."""
    return failed.value.value


def undone(drop):
    """Drops what an undo is about; what belongs to somebody else was never made, so there is nothing to take back."""
    try:
        drop()
    except Failed as failed:
        if looked_up(failed).code not in ("role-not-ours", "database-not-ours"):
            raise


def of(error):
    """Any exception as a failure. One that nobody expected says in which file and line it was raised."""
    if isinstance(error, Failed) and hasattr(getattr(error.value, "value", None), "code"):
        return error
    # Without the source lines: looking for those is a call of the system, which ends the component.
    walked = traceback.walk_tb(error.__traceback__)
    frames = [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in walked]
    what = " ".join(f"{type(error).__name__}: {error}".split())[:MESSAGE_CHARS_MAX]
    if not frames:
        return broken("exception", what)
    # The author's own line, where a library raised it on the way.
    own = [frame for frame in frames if "systemprompt_sdk" not in frame[0]]
    file, line, function = (own or frames)[-1]
    return broken("exception", f"{what} ({file.rsplit('/', 1)[-1]}:{line}, in {function})")
