/**
 * What this provider does. `systemprompt plugin test` tries what every provider promises, on the component itself.
 */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { refused } from "../sdk/systemprompt-sdk/index.js";
import { play } from "../sdk/systemprompt-sdk/testing.js";
import { provider } from "../src/provider.js";

const CLUSTER = { name: "my-provider", state: "running", version: "15.18", port: 5433 };
const TENANT = { id: "local_1", name: "test", config: "{}", resources: "{}" };
let here;

/** A host in which everything works. */
beforeEach(() => {
  here = { dropRole: mock.fn(), dropDatabase: mock.fn() };
  play("journal", { begin: () => ({ tag: "run" }), finish() {}, beginUndo: () => true, finishUndo() {} });
  play("secrets", { ensure: () => "{{secret:x@1}}" });
  play("server", { ensure: () => CLUSTER, status: () => CLUSTER, stop() {} });
  play("postgres", { ensureRole() {}, ensureDatabase() {}, checkLogin() {}, ...here });
});

function asked(operation) {
  return { operation, operationId: "op_1", tenant: TENANT, input: "{}" };
}

/** What a call fails with. */
function failure(call) {
  let thrown;
  assert.throws(call, (error) => {
    thrown = error;
    return true;
  });
  return thrown.payload.val;
}

test("a tenant that was created has a URL without its password", () => {
  const { database_url } = JSON.parse(provider.run(asked("create")));
  assert.equal(database_url, "postgres://tenant_1:{{secret:x@1}}@127.0.0.1:5433/tenant_1");
});

test("a role is taken back when its database cannot be made", () => {
  play("postgres", {
    ensureDatabase() {
      throw refused("disk-full", "there is no room");
    },
  });
  assert.equal(failure(() => provider.run(asked("create"))).code, "disk-full");
  assert.equal(here.dropRole.mock.callCount(), 1);
});

test("a mistake is told with file and line", () => {
  play("postgres", { ensureRole: () => null.nothing });
  const { code, message } = failure(() => provider.run(asked("create")));
  assert.equal(code, "exception");
  assert.match(message, /^TypeError: .* \(provider\.test\.js:\d+, in ensureRole\)$/);
});

test("a step that nobody can wait for is refused and undone", () => {
  play("postgres", { ensureDatabase: async () => {} });
  assert.match(failure(() => provider.run(asked("create"))).message, /step `create database` returned a promise/);
  assert.equal(here.dropDatabase.mock.callCount(), 1);
});

test("a bad setting is named", () => {
  const paths = ['{"port": 80}', '{"prt": 1}', '{"port": "x"}'].map((config) => provider.check(config)[0].path);
  assert.deepEqual(paths, ["/port", "/prt", "/port"]);
  assert.deepEqual(provider.check("{}"), []);
});
