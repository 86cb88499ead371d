"""What a provider in Python is written with: steps, failures and secrets over the bindings in `wit_world`.

A provider is a class with a dataclass `Config` and the methods `describe`, `probe`, `check`, `plan`, `create`,
`delete`, `status`, and where it has more operations `operation`; `orphans` and `psql` where it can. Its module ends
with `Provider = export(MyProvider())`.
"""

from wit_world.imports.types import (
    AccountField,
    Description,
    FieldError,
    LiveStatus,
    Orphan,
    PlannedStep,
    ProbeReport,
    PsqlEnded,
    Region,
    UndoKind,
)

from .contract import export
from .failure import Failed, ambiguous, broken, looked_up, refused, retryable, undone
from .operation import Operation
from .request import Request, Tenant
from .words import irreversible, local, planned, secret, undoable

__all__ = [
    "AccountField", "Description", "Failed", "FieldError", "LiveStatus", "Operation", "Orphan", "PlannedStep",
    "ProbeReport", "PsqlEnded", "Region", "Request", "Tenant", "UndoKind", "ambiguous", "broken", "export",
    "irreversible", "local", "looked_up", "planned", "refused", "retryable", "secret", "undoable", "undone",
]
