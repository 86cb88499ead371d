"""What a provider is asked, with its JSON read."""

import dataclasses
import json
from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints

from wit_world.imports.types import FieldError

from . import failure

NAME_BYTES_MAX = 63
PREFIX = "tenant_"
NAMES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
    NoneType: "null",
}


class Tenant:
    """A tenant: its id, name and region, its `config` as the provider's `Config`, its `resources` as a dict.

    Without a shape, its `config` is a dict as well, whatever is in it.
    """

    def __init__(self, tenant, shape=None):
        self.id, self.name, self.region = tenant.id, tenant.name, tenant.region
        config = document(tenant.config, "config-invalid", "the configuration")
        self.config = config if shape is None else valid(shape, config)
        self.resources = document(tenant.resources, "resources-unreadable", f"what tenant `{tenant.id}` has")

    @property
    def postgres_name(self):
        """A name for its role and its database that PostgreSQL need not quote and does not cut."""
        short = self.id.removeprefix("local_")
        safe = "".join(letter if letter in "abcdefghijklmnopqrstuvwxyz0123456789" else "_" for letter in short)
        if safe == short and len(PREFIX + safe) <= NAME_BYTES_MAX:
            return PREFIX + safe
        # What had to be changed could be another's name, so a hash of the whole id goes with it.
        ending = f"_{fnv1a(self.id.encode()):016x}"
        return (PREFIX + safe)[: NAME_BYTES_MAX - len(ending)] + ending


class Request:
    """An operation to plan or perform."""

    def __init__(self, request, shape):
        self.operation, self.operation_id = request.operation, request.operation_id
        self.input = document(request.input, "input-invalid", "the input")
        self._tenant = None if request.tenant is None else Tenant(request.tenant, shape)

    @property
    def tenant(self):
        """The tenant that it is about."""
        if self._tenant is None:
            raise failure.refused("tenant-missing", f"operation `{self.operation}` is about a tenant, and none was named")
        return self._tenant

    def input_as(self, shape):
        """Its input as a dataclass."""
        return valid(shape, self.input)

    def unknown(self):
        """To be raised for an operation that the provider does not have."""
        return failure.refused("unknown-operation", f"this provider has no operation `{self.operation}`")


def document(text, code, what):
    """A JSON document of the host's."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise failure.refused(code, f"{what} is not JSON: {error}") from error


def valid(shape, fields):
    """A document as a dataclass, or a failure that names every field that is wrong."""
    found = errors(shape, fields)
    if found:
        listed = "; ".join(f"`{error.path}`: {error.message}" for error in found)
        raise failure.refused("config-invalid", f"the configuration is not valid: {listed}")
    return shape(**fields)


def errors(shape, fields):
    """What keeps a document from being this dataclass, field by field."""
    if not isinstance(fields, dict):
        return [FieldError("", "it has to be an object")]
    known = {field.name: field for field in dataclasses.fields(shape)}
    hints = typed(shape)
    found = []
    for name, value in fields.items():
        path = "/" + name.replace("~", "~0").replace("/", "~1")
        if name not in known:
            expected = ", ".join(f"`{field}`" for field in known)
            found.append(FieldError(path, f"unknown field `{name}`, expected {expected}"))
        elif (kinds := kinds_of(hints[name])) and not any(is_a(value, kind) for kind in kinds):
            wanted = " or ".join(NAMES[kind] for kind in NAMES if kind in kinds)
            found.append(FieldError(path, f"it has to be {wanted}"))
    for name, field in known.items():
        has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        if name not in fields and not has_default:
            found.append(FieldError("/" + name, f"missing field `{name}`"))
    return found


def typed(shape):
    """The types of its fields, also where they are written as text: `"int"`, or all where annotations are postponed."""
    return get_type_hints(shape)


def kinds_of(hint):
    """The types of JSON that a value may be of: `int | None` is two. None of them where that cannot be told."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        parts = [kinds_of(part) for part in get_args(hint)]
        return set().union(*parts) if all(parts) else set()
    plain = origin or hint
    return {plain} if plain in NAMES else set()


def is_a(value, kind):
    """Whether a JSON value is of this type; `true` is no number in JSON."""
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def fnv1a(data):
    """A hash that is the same everywhere and for ever."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value
