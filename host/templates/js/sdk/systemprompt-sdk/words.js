/** What a provider says of itself, in few words. */

/** A provider on this machine, with what it can do besides `create` and `delete`. */
export function local({ id, version, title, schema, operations = [] }) {
  return {
    id,
    version,
    title,
    tenantType: "local",
    regions: [],
    operations: ["create", "delete", ...operations],
    configSchema: JSON.stringify(schema),
    accountFields: [],
    ext: undefined,
  };
}

/** A step that leaves nothing that would have to be taken back. */
export const planned = (name, summary) => ({ name, summary, undo: "none" });
/** A step that has an undo. */
export const undoable = (name, summary) => ({ name, summary, undo: "undoable" });
/** A step that cannot be taken back. */
export const irreversible = (name, summary) => ({ name, summary, undo: "irreversible" });
