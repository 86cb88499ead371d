/**
 * The provider `my-provider`: a role and a database for each tenant, in a PostgreSQL cluster on this machine.
 *
 * It is straight-line code. What makes it survive a crash, and undo itself after a failure, is that every effect is a
 * step: see `create`. The host's functions answer at once: there is nothing to await.
 */

import * as postgres from "systemprompt:provider/postgres@1.0.0";
import * as server from "systemprompt:provider/server@1.0.0";

import {
  exported,
  irreversible,
  local,
  lookedUp,
  planned,
  retryable,
  undoable,
  undone,
} from "../sdk/systemprompt-sdk/index.js";
import { secret, sharedSecret } from "../sdk/systemprompt-sdk/secrets.js";

/** The cluster that all tenants of this provider share. */
const CLUSTER = "my-provider";
/** Its administrator, and the name of that one's password among the secrets of this machine. */
const ADMIN = "admin";
const ADMIN_SECRET = "cluster-admin";
/** Name of each tenant's password among its own secrets. */
const PASSWORD = "db-password";

/** Settings for one tenant: `--config port=5433`. What is not a field here is an error. */
const schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Settings of a tenant of my-provider",
  type: "object",
  properties: {
    port: {
      type: "integer",
      minimum: 1024,
      maximum: 65535,
      default: 5433,
      description: "where the server should listen, if that is free when it is started",
    },
  },
  additionalProperties: false,
};

/** The provider. It keeps nothing between two calls. */
const myProvider = {
  schema,

  /** Who it is. Users are shown this before they install it. */
  describe() {
    return local({
      id: "my-provider",
      version: "0.1.0",
      title: "A database in a cluster of its own",
      schema,
      operations: ["server-up", "server-down"],
    });
  },

  /** Whether it can work here, and if not, what to do. It only looks. */
  probe() {
    try {
      const found = server.findBinaries(undefined);
      return { usable: true, summary: `PostgreSQL ${found.version} in \`${found.binDir}\``, help: undefined };
    } catch (error) {
      return { usable: false, summary: lookedUp(error).message, help: "install PostgreSQL" };
    }
  },

  /** What names and types cannot say of a configuration. */
  check({ port }) {
    const { minimum, maximum } = schema.properties.port;
    if (port < minimum || port > maximum) {
      return [{ path: "/port", message: `a port is a number from ${minimum} to ${maximum}` }];
    }
    return [];
  },

  /** The steps of an operation, as `create` and `remove` take them. A person reads them before they agree. */
  plan(request) {
    switch (request.operation) {
      case "create":
        return [
          planned("start the server", "makes the cluster, or starts it"),
          undoable("create role", `makes the role \`${request.tenant.postgresName}\``),
          undoable("create database", `makes the database \`${request.tenant.postgresName}\``),
          planned("log in as the tenant", "proves that the database can be used"),
        ];
      case "delete":
        return [
          planned("start the server", "starts the cluster if it is stopped"),
          irreversible("drop database", `drops the database \`${request.tenant.postgresName}\``),
          irreversible("drop role", `drops the role \`${request.tenant.postgresName}\``),
        ];
      case "server-up":
        return [planned("start the server", "makes the cluster, or starts it")];
      case "server-down":
        return [planned("stop the server", "stops the cluster; the databases stay")];
      default:
        throw request.unknown();
    }
  },

  /**
   * Makes a tenant.
   *
   * After a crash this runs again from the top: a step that is recorded returns its record and calls nobody. A crash
   * can fall between an effect and its record, so a step may run twice. When one fails, the undos of all that began run.
   */
  create(op) {
    const name = op.tenant.postgresName;
    // A placeholder: the value is generated and sealed by the host, and filled in where it is used.
    const password = secret(PASSWORD);

    const port = op.step("start the server", () => start(op.tenant.config.port));
    const there = administered();
    op.step("create role", () => postgres.ensureRole(there, name, password), {
      undo: () => undone(() => postgres.dropRole(there, name)),
    });
    op.step("create database", () => postgres.ensureDatabase(there, name, name), {
      undo: () => undone(() => postgres.dropDatabase(there, name)),
    });
    op.step("log in as the tenant", () => logIn(there, name, password));

    return { database_url: `postgres://${name}:${password}@127.0.0.1:${port}/${name}` };
  },

  /** Deletes a tenant. Nothing of this can be taken back, so once it began it is finished, by `resume` if need be. */
  remove(op) {
    const name = op.tenant.postgresName;
    op.step("start the server", () => start(op.tenant.config.port));
    const there = administered();
    op.step("drop database", () => postgres.dropDatabase(there, name), { irreversible: true });
    op.step("drop role", () => postgres.dropRole(there, name), { irreversible: true });
  },

  /** What `infra db up` and `infra db down` ask for: they are about what tenants share, so there is no tenant. */
  operation(op) {
    switch (op.operation) {
      case "server-up": {
        const { port: preferred } = op.settings;
        const port = op.step("start the server", () => start(preferred));
        return { server: CLUSTER, host: "127.0.0.1", port };
      }
      case "server-down":
        op.step("stop the server", () => server.stop(CLUSTER));
        return { server: CLUSTER };
      default:
        throw op.unknown();
    }
  },

  /** How a tenant is now, or without one what tenants share. It only looks, and says what it found. */
  status(tenant) {
    const cluster = server.status(CLUSTER);
    if (cluster.state !== "running") {
      return { reachable: false, state: cluster.state, details: [], ext: undefined };
    }
    if (tenant) {
      try {
        logIn(administered(), tenant.postgresName, secret(PASSWORD));
      } catch (error) {
        const details = [["problem", lookedUp(error).message]];
        return { reachable: false, state: "unreachable", details, ext: undefined };
      }
    }
    return { reachable: true, state: "ready", details: [["version", cluster.version]], ext: undefined };
  },
};

/** Makes the cluster if there is none, and starts it; the answer is where it listens. */
function start(preferredPort) {
  const adminPassword = sharedSecret(ADMIN_SECRET);
  const cluster = server.ensure({ name: CLUSTER, preferredPort, adminRole: ADMIN, adminPassword });
  if (cluster.port === undefined) {
    throw retryable("not-listening", `cluster \`${CLUSTER}\` does not listen yet`);
  }
  return cluster.port;
}

/** The cluster's server, seen by its administrator. */
function administered() {
  return { kind: "cluster", name: CLUSTER, adminRole: ADMIN, adminPassword: sharedSecret(ADMIN_SECRET) };
}

/** A real login as the tenant. */
function logIn(there, role, password) {
  postgres.checkLogin(there, { role, password, database: role });
}

/** The component's exports. */
export const provider = exported(myProvider);
