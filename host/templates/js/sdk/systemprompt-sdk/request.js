/** What a provider is asked, with its JSON read. */

import { refused } from "./failure.js";

const NAME_BYTES_MAX = 63;
const PREFIX = "tenant_";
const HASH_BASIS = 0xcbf29ce484222325n;
const HASH_PRIME = 0x100000001b3n;
/** Types of JSON Schema, in words and as a test. */
const TYPES = {
  boolean: ["true or false", (value) => typeof value === "boolean"],
  integer: ["a whole number", Number.isInteger],
  number: ["a number", (value) => typeof value === "number"],
  string: ["a text", (value) => typeof value === "string"],
  array: ["a list", Array.isArray],
  object: ["an object", (value) => typeof value === "object" && value !== null && !Array.isArray(value)],
};

/**
 * A tenant: its `id`, `name` and `region`, its `config` with what the schema has by default, its `resources`. Without a
 * schema its `config` is what is there.
 */
export class Tenant {
  constructor(tenant, schema) {
    this.id = tenant.id;
    this.name = tenant.name;
    this.region = tenant.region;
    const config = document(tenant.config, "config-invalid", "the configuration");
    this.config = schema ? valid(schema, config) : config;
    this.resources = document(tenant.resources, "resources-unreadable", `what tenant \`${tenant.id}\` has`);
  }

  /** A name for its role and its database that PostgreSQL need not quote and does not cut. */
  get postgresName() {
    const short = this.id.replace(/^local_/, "");
    const safe = short.replace(/[^a-z0-9]/gu, "_");
    if (safe === short && PREFIX.length + safe.length <= NAME_BYTES_MAX) {
      return PREFIX + safe;
    }
    // What had to be changed could be another's name, so a hash of the whole id goes with it.
    const ending = `_${fnv1a(new TextEncoder().encode(this.id)).toString(16).padStart(16, "0")}`;
    return (PREFIX + safe).slice(0, NAME_BYTES_MAX - ending.length) + ending;
  }
}

/** An operation to plan or perform. */
export class Request {
  #schema;
  #tenant;

  constructor(request, schema) {
    this.operation = request.operation;
    this.operationId = request.operationId;
    this.input = document(request.input, "input-invalid", "the input");
    this.#schema = schema;
    this.#tenant = request.tenant ? new Tenant(request.tenant, schema) : undefined;
  }

  /** The tenant that it is about. */
  get tenant() {
    if (!this.#tenant) {
      throw refused("tenant-missing", `operation \`${this.operation}\` is about a tenant, and none was named`);
    }
    return this.#tenant;
  }

  /** Its input as settings of a tenant, for an operation that is about none. */
  get settings() {
    return valid(this.#schema, this.input);
  }

  /** To be thrown for an operation that the provider does not have. */
  unknown() {
    return refused("unknown-operation", `this provider has no operation \`${this.operation}\``);
  }
}

/** A JSON document of the host's. */
export function document(text, code, what) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refused(code, `${what} is not JSON: ${error.message}`);
  }
}

/** Settings with what the schema has by default, or a failure that names every field that is wrong. */
function valid(schema, fields) {
  const found = errors(schema, fields);
  if (found.length > 0) {
    const listed = found.map(({ path, message }) => `\`${path}\`: ${message}`).join("; ");
    throw refused("config-invalid", `the configuration is not valid: ${listed}`);
  }
  return withDefaults(schema, fields);
}

/** Settings, and for those that are not there what the schema has by default. */
export function withDefaults(schema, fields) {
  const known = Object.entries(schema.properties ?? {}).filter(([, field]) => "default" in field);
  return { ...Object.fromEntries(known.map(([name, field]) => [name, field.default])), ...fields };
}

/** What keeps a document from having the schema's fields, by name and type; ranges and the like are for `check`. */
export function errors(schema, fields) {
  if (!TYPES.object[1](fields)) {
    return [{ path: "", message: "it has to be an object" }];
  }
  const known = schema.properties ?? {};
  const found = [];
  for (const [name, value] of Object.entries(fields)) {
    const path = `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const [words, fits] = (Object.hasOwn(known, name) && TYPES[known[name].type]) || [];
    if (!Object.hasOwn(known, name)) {
      const expected = Object.keys(known).map((field) => `\`${field}\``).join(", ");
      found.push({ path, message: `unknown field \`${name}\`, expected ${expected}` });
    } else if (fits && !fits(value)) {
      found.push({ path, message: `it has to be ${words}` });
    }
  }
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(fields, name));
  return found.concat(missing.map((name) => ({ path: `/${name}`, message: `missing field \`${name}\`` })));
}

/** A hash that is the same everywhere and for ever. */
function fnv1a(bytes) {
  return bytes.reduce((hash, byte) => BigInt.asUintN(64, (hash ^ BigInt(byte)) * HASH_PRIME), HASH_BASIS);
}
