"""What a provider says of itself and asks for, in few words."""

from wit_world.imports.types import Description, PlannedStep, Scope, UndoKind

PASSWORD_CHARS = 32


def local(id, version, title, config_schema, operations=()):
    """A provider on this machine, with what it can do besides `create` and `delete`."""
    return Description(id, version, title, "local", [], ["create", "delete", *operations], config_schema, [], None)


def planned(name, summary):
    """A step that leaves nothing that would have to be taken back."""
    return PlannedStep(name, summary, UndoKind.NONE)


def undoable(name, summary):
    """A step that has an undo."""
    return PlannedStep(name, summary, UndoKind.UNDOABLE)


def irreversible(name, summary):
    """A step that cannot be taken back."""
    return PlannedStep(name, summary, UndoKind.IRREVERSIBLE)


def secret(name, shared=False):
    """The placeholder of a secret of the tenant, or of one that all tenants on this machine share."""
    if secrets is None:
        raise LookupError("`secrets` is not among the capabilities in `plugin.toml`")
    return secrets.ensure(secrets.Spec(name, Scope.MACHINE if shared else Scope.TENANT, PASSWORD_CHARS, None))


# Only of a provider that has the capability are there bindings of it.
try:
    from wit_world.imports import secrets
except ImportError:
    secrets = None
