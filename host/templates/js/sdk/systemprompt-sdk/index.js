/**
 * What a provider in JavaScript is written with: steps and failures over the contract's own functions, which are
 * imported as `systemprompt:provider/NAME@1.0.0`. Secrets are in `secrets.js`, for only some providers may ask for them.
 *
 * A provider is an object with `schema` and the methods `describe`, `probe`, `check`, `plan`, `create`, `remove`,
 * `status`, and where it has more operations `operation`; `orphans` and `psql` where it can. Its module ends with
 * `export const provider = exported(…)`.
 */

export { exported } from "./contract.js";
export { Failed, ambiguous, broken, lookedUp, refused, retryable, undone } from "./failure.js";
export { irreversible, local, planned, undoable } from "./words.js";
