"""The provider `my-provider`: a role and a database for each tenant, in a PostgreSQL cluster on this machine.

It is straight-line code. What makes it survive a crash, and undo itself after a failure, is that every effect is a
step: see `create`.
"""

from dataclasses import dataclass
from pathlib import Path

from systemprompt_sdk import (
    Failed,
    FieldError,
    LiveStatus,
    ProbeReport,
    export,
    irreversible,
    local,
    looked_up,
    planned,
    retryable,
    secret,
    undoable,
    undone,
)
from wit_world.imports import postgres, server

# Read while the component is built: later there are no files.
SCHEMA = Path(__file__).with_name("config.schema.json").read_text(encoding="utf-8")
# The cluster that all tenants of this provider share.
CLUSTER = "my-provider"
# Its administrator, and the name of that one's password among the secrets of this machine.
ADMIN = "admin"
ADMIN_SECRET = "cluster-admin"
# Name of each tenant's password among its own secrets.
PASSWORD = "db-password"


@dataclass
class Config:
    """Settings for one tenant: `--config port=5433`. What is not a field here is an error."""

    port: int = 5433


class MyProvider:
    """The provider. It keeps nothing between two calls."""

    Config = Config

    def describe(self):
        """Who it is. Users are shown this before they install it."""
        return local("my-provider", "0.1.0", "A database in a cluster of its own", SCHEMA, ["server-up", "server-down"])

    def probe(self):
        """Whether it can work here, and if not, what to do. It only looks."""
        try:
            found = server.find_binaries(None)
        except Failed as failed:
            return ProbeReport(False, looked_up(failed).message, "install PostgreSQL")
        return ProbeReport(True, f"PostgreSQL {found.version} in `{found.bin_dir}`", None)

    def check(self, config):
        """What the schema and the types cannot say of a configuration."""
        if not 1024 <= config.port <= 65535:
            return [FieldError("/port", "a port is a number from 1024 to 65535")]
        return []

    def plan(self, request):
        """The steps of an operation, as `create` and `delete` take them. A person reads them before they agree."""
        match request.operation:
            case "create":
                name = request.tenant.postgres_name
                return [
                    planned("start the server", "makes the cluster, or starts it"),
                    undoable("create role", f"makes the role `{name}`"),
                    undoable("create database", f"makes the database `{name}`"),
                    planned("log in as the tenant", "proves that the database can be used"),
                ]
            case "delete":
                name = request.tenant.postgres_name
                return [
                    planned("start the server", "starts the cluster if it is stopped"),
                    irreversible("drop database", f"drops the database `{name}`"),
                    irreversible("drop role", f"drops the role `{name}`"),
                ]
            case "server-up":
                return [planned("start the server", "makes the cluster, or starts it")]
            case "server-down":
                return [planned("stop the server", "stops the cluster; the databases stay")]
        raise request.unknown()

    def create(self, op):
        """Makes a tenant.

        After a crash this runs again from the top: a step that is recorded returns its record and calls nobody. A crash
        can fall between an effect and its record, so a step may run twice. When one fails, the undos of all that began
        run.
        """
        name = op.tenant.postgres_name
        # A placeholder: the value is generated and sealed by the host, and filled in where it is used.
        password = secret(PASSWORD)

        port = op.step("start the server", lambda: start(op.tenant.config.port))
        there = administered()
        op.step(
            "create role",
            lambda: postgres.ensure_role(there, name, password),
            undo=lambda: undone(lambda: postgres.drop_role(there, name)),
        )
        op.step(
            "create database",
            lambda: postgres.ensure_database(there, name, name),
            undo=lambda: undone(lambda: postgres.drop_database(there, name)),
        )
        op.step("log in as the tenant", lambda: log_in(there, name, password))

        return {"database_url": f"postgres://{name}:{password}@127.0.0.1:{port}/{name}"}

    def delete(self, op):
        """Deletes a tenant. Nothing of this can be taken back, so once it began it is finished, by `resume` if need be."""
        name = op.tenant.postgres_name
        op.step("start the server", lambda: start(op.tenant.config.port))
        there = administered()
        op.step("drop database", lambda: postgres.drop_database(there, name), irreversible=True)
        op.step("drop role", lambda: postgres.drop_role(there, name), irreversible=True)

    def operation(self, op):
        """What `infra db up` and `infra db down` ask for: they are about what tenants share, so there is no tenant."""
        match op.operation:
            case "server-up":
                config = op.input_as(Config)
                port = op.step("start the server", lambda: start(config.port))
                return {"server": CLUSTER, "host": "127.0.0.1", "port": port}
            case "server-down":
                op.step("stop the server", lambda: server.stop(CLUSTER))
                return {"server": CLUSTER}
        raise op.unknown()

    def status(self, tenant):
        """How a tenant is now, or without one what tenants share. It only looks, and says what it found."""
        cluster = server.status(CLUSTER)
        if cluster.state != "running":
            return LiveStatus(False, cluster.state, [], None)
        if tenant is not None:
            try:
                log_in(administered(), tenant.postgres_name, secret(PASSWORD))
            except Failed as failed:
                return LiveStatus(False, "unreachable", [("problem", looked_up(failed).message)], None)
        return LiveStatus(True, "ready", [("version", cluster.version)], None)


def start(port):
    """Makes the cluster if there is none, and starts it; the answer is where it listens."""
    spec = server.ClusterSpec(CLUSTER, None, port, ADMIN, secret(ADMIN_SECRET, shared=True), None)
    cluster = server.ensure(spec)
    if cluster.port is None:
        raise retryable("not-listening", f"cluster `{CLUSTER}` does not listen yet")
    return cluster.port


def administered():
    """The cluster's server, seen by its administrator."""
    return postgres.Target("cluster", CLUSTER, ADMIN, secret(ADMIN_SECRET, shared=True), None)


def log_in(there, name, password):
    """A real login as the tenant."""
    postgres.check_login(there, postgres.Login(name, password, name))


# Makes the component's exports.
Provider = export(MyProvider())
