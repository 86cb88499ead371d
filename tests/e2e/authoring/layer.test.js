/** What the layer for providers in JavaScript makes of failures, and of tenants from elsewhere. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { exported, local, lookedUp, refused } from "../sdk/systemprompt-sdk/index.js";
import { play } from "../sdk/systemprompt-sdk/testing.js";

const SCHEMA = { type: "object", properties: { port: { type: "integer" } }, additionalProperties: false };
let seen;

beforeEach(() => {
  play("journal", { begin: () => ({ tag: "run" }), finish() {}, beginUndo: () => true, finishUndo() {} });
});

/** A provider of which a step fails; what becomes of that is a test's business. */
function provider(hear) {
  return exported({
    schema: SCHEMA,
    describe: () => local("acme", "0.1.0", "Acme", SCHEMA),
    probe: () => ({ usable: true, summary: "" }),
    check: () => [],
    plan: () => [],
    create(op) {
      try {
        op.step("make it", () => {
          throw refused("disk-full", "there is no room");
        });
      } catch (error) {
        hear(error);
      }
      return {};
    },
    remove() {},
    status: () => ({ reachable: true, state: "ready", details: [] }),
    orphans(tenants) {
      seen = tenants.map((tenant) => tenant.config);
      return [];
    },
  });
}

function codeOf(call) {
  try {
    call();
  } catch (error) {
    return lookedUp(error).code;
  }
  return undefined;
}

test("a provider says in its own words what a failed step means, and cannot swallow it", () => {
  const tenant = { id: "local_1", name: "test", config: "{}", resources: "{}" };
  const request = { operation: "create", operationId: "op_1", tenant, input: "{}" };
  const inOwnWords = () => {
    throw refused("own-words", "buy a disk");
  };
  assert.equal(codeOf(() => provider(inOwnWords).run(request)), "own-words");
  assert.equal(codeOf(() => provider(() => {}).run(request)), "disk-full");
});

test("a tenant with settings of yesterday hides no orphan", () => {
  const old = { id: "local_1", name: "test", config: '{"yesterday": 1}', resources: "{}" };
  assert.equal(codeOf(() => provider().status(old)), "config-invalid");
  assert.deepEqual(provider().orphans([old]), []);
  assert.deepEqual(seen, [{ yesterday: 1 }]);
});
