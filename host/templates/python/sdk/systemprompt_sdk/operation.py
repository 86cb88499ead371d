"""An operation and its steps: which undos are owed, and when they run."""

import json

from componentize_py_types import Err, Ok
from wit_world.imports import journal
from wit_world.imports.types import UndoKind

from . import failure
from .request import Request


def as_json(value):
    """A result as the host takes it: numbers that are some, and text that is some."""
    result = json.dumps(value, allow_nan=False, ensure_ascii=False)
    result.encode()
    return result


class Operation(Request):
    """What a provider is asked to do, and the steps by which it does it."""

    def __init__(self, request, shape):
        super().__init__(request, shape)
        self._names, self._owed = set(), []
        self._failed, self._open, self._forward_only = None, False, False

    def step(self, name, run, undo=None, irreversible=False):
        """Does something once: after a crash, its recorded result is returned instead.

        The result has to be JSON. `undo` takes back what `run` did, and has to work when `run` did nothing or half of it.
        It is called later: in a loop, bind what it needs (`undo=lambda name=name: drop(name)`).
        `irreversible` says that nothing can, so that the operation is finished and not undone.
        """
        self._admit(name)
        if undo and irreversible:
            raise self._fail(failure.broken("step-both", f"step `{name}` has an undo and is irreversible"))
        kind = UndoKind.UNDOABLE if undo else UndoKind.IRREVERSIBLE if irreversible else UndoKind.NONE
        position = journal.begin(name, kind)
        if isinstance(position, journal.Position_Stop):
            raise self._fail(unwinding())
        if undo:
            self._owed.append((name, undo))
        self._forward_only = self._forward_only or irreversible
        if isinstance(position, journal.Position_Recorded):
            return json.loads(position.value)
        if isinstance(position, journal.Position_Unwind):
            raise self._fail(unwinding())
        return self._run(run)

    def _run(self, run):
        self._open = True
        try:
            result = as_json(run())
        except BaseException as error:
            self._open = False
            failed = self._fail(failure.of(error))
            journal.finish(Err(failed.value))
            raise failed from error
        self._open = False
        journal.finish(Ok(result))
        # As it will be after a crash.
        return json.loads(result)

    def _admit(self, name):
        if self._failed is not None:
            raise self._failed
        if self._open:
            raise failure.broken("step-nested", f"step `{name}` begins inside another step")
        if name in self._names:
            raise self._fail(failure.broken("step-repeated", f"there are two steps named `{name}`"))
        self._names.add(name)

    def _fail(self, failed):
        if self._failed is None:
            self._failed = failed
        return self._failed

    def settle(self, perform):
        """Performs it whole; when it fails, runs what undos are owed. A failure of a step is never swallowed."""
        result = None
        try:
            result = perform(self)
        except BaseException as error:
            # What the provider makes of a step's failure is what it says.
            self._failed = failure.of(error)
        if self._failed is None:
            return result
        if not self._forward_only:
            self._unwind()
        raise self._failed

    def _unwind(self):
        for name, undo in reversed(self._owed):
            if not journal.begin_undo(name):
                continue
            try:
                undo()
            except BaseException as error:
                journal.finish_undo(Err(failure.of(error).value))
                return
            journal.finish_undo(Ok(None))


def unwinding():
    return failure.cancelled("unwinding", "the operation is being undone")
