/** From the contract's words to the provider's. */

import { asFailure, refused } from "./failure.js";
import { Operation } from "./operation.js";
import { Request, Tenant, document, errors, withDefaults } from "./request.js";

const REQUIRED = ["describe", "probe", "check", "plan", "create", "remove", "status"];

/** What the component exports: whatever a method throws reaches the caller as a failure. */
export function exported(provider) {
  const missing = REQUIRED.filter((name) => typeof provider[name] !== "function");
  if (missing.length > 0) {
    throw new TypeError(`the provider has no ${missing.map((name) => `\`${name}\``).join(", ")}`);
  }
  const { schema } = provider;
  // While the component is built: it is the same ever after, and a mistake in it is one of the build.
  const description = returned("describe", provider.describe(), "an object", isObject);
  const tenantOf = (tenant) => (tenant ? new Tenant(tenant, schema) : undefined);
  return {
    describe: () => description,
    probe: () => told(() => returned("probe", provider.probe(), "an object", isObject)),
    check: (config) => told(() => checked(provider, document(config, "config-invalid", "the configuration"))),
    plan: (request) => told(() => planOf(provider, new Request(request, schema))),
    run: (request) => told(() => JSON.stringify(performed(provider, new Operation(request, schema)) ?? null)),
    status: (tenant) => told(() => returned("status", provider.status(tenantOf(tenant)), "an object", isObject)),
    // A tenant with settings of yesterday hides nothing that is nobody's.
    orphans: (tenants) => told(() => provider.orphans?.(tenants.map((tenant) => new Tenant(tenant)))),
    psql: (tenant, run) => told(() => (provider.psql ? provider.psql(tenantOf(tenant), run) : withoutPsql())),
  };
}

/** What a method returned, if the contract knows what to do with it. */
function returned(method, value, kind, fits) {
  if (!fits(value) || typeof value.then === "function") {
    throw new TypeError(`\`${method}\` has to return ${kind}, and nothing that is waited for`);
  }
  return value;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function told(call) {
  try {
    return call();
  } catch (error) {
    throw asFailure(error);
  }
}

function checked(provider, config) {
  const found = errors(provider.schema, config);
  if (found.length > 0) {
    return found;
  }
  return returned("check", provider.check(withDefaults(provider.schema, config)), "a list", Array.isArray);
}

function planOf(provider, request) {
  return returned("plan", provider.plan(request), "a list", Array.isArray);
}

function performed(provider, op) {
  switch (op.operation) {
    case "create":
      return op.settle(() => provider.create(op));
    case "delete":
      op.settle(() => provider.remove(op));
      return {};
    default:
      return op.settle(() => {
        if (!provider.operation) {
          throw op.unknown();
        }
        return provider.operation(op);
      });
  }
}

function withoutPsql() {
  throw refused("unknown-operation", "this provider has no operation `psql`");
}
