"""From the contract's words to the provider's."""

import json

from wit_world.imports.types import Description, LiveStatus, ProbeReport

from . import failure
from .operation import Operation
from .request import Request, Tenant, document, errors, typed


def export(provider):
    """The class that the component's exports are calls of: whatever a method raises reaches the caller as a failure."""
    shape = provider.Config
    # While the component is built: it is the same ever after, and a mistake in it is one of the build.
    description = returned("describe", provider.describe(), Description)
    typed(shape)

    def tenant_of(tenant):
        return None if tenant is None else Tenant(tenant, shape)

    class Exported:
        def describe(self):
            return description

        def probe(self):
            return told(lambda: returned("probe", provider.probe(), ProbeReport))

        def check(self, config):
            return told(lambda: checked(provider, document(config, "config-invalid", "the configuration")))

        def plan(self, request):
            return told(lambda: returned("plan", provider.plan(Request(request, shape)), list))

        def run(self, request):
            return told(lambda: json.dumps(performed(provider, Operation(request, shape))))

        def status(self, tenant):
            return told(lambda: returned("status", provider.status(tenant_of(tenant)), LiveStatus))

        def orphans(self, tenants):
            orphans = getattr(provider, "orphans", lambda _: None)
            # A tenant with settings of yesterday hides nothing that is nobody's.
            return told(lambda: orphans([Tenant(tenant) for tenant in tenants]))

        def psql(self, tenant, run):
            psql = getattr(provider, "psql", without_psql)
            return told(lambda: psql(tenant_of(tenant), run))

    return Exported


def returned(method, value, kind):
    """What a method returned, if the contract knows what to do with it."""
    if not isinstance(value, kind):
        raise TypeError(f"`{method}` has to return {kind.__name__}, and returned {type(value).__name__}")
    return value


def told(call):
    try:
        return call()
    except BaseException as error:
        raise failure.of(error) from error


def checked(provider, config):
    found = errors(provider.Config, config)
    return found or returned("check", provider.check(provider.Config(**config)), list)


def performed(provider, op):
    match op.operation:
        case "create":
            return op.settle(provider.create)
        case "delete":
            op.settle(provider.delete)
            return {}
    return op.settle(getattr(provider, "operation", without_operation))


def without_operation(op):
    raise op.unknown()


def without_psql(_tenant, _run):
    raise failure.refused("unknown-operation", "this provider has no operation `psql`")
