/**
 * How a call fails, sorted by what the caller can do about it.
 *
 * What the host refuses is thrown by its functions with a `payload`, and so is what a provider refuses:
 * `throw refused("port-taken", "…")`.
 */

const MESSAGE_CHARS_MAX = 400;
const KINDS = ["refused", "retryable", "ambiguous", "broken", "cancelled"];

/** A failure of the contract. */
export class Failed extends Error {
  constructor(tag, code, message, help) {
    super(asText(message));
    this.name = "Failed";
    const said = help === undefined || help === null ? undefined : asText(help);
    this.payload = { tag, val: { code: asText(code), message: asText(message), help: said, ext: undefined } };
  }
}

/** What the contract takes as text: an error is often given as a message, and half a surrogate is no text. */
function asText(value) {
  try {
    return String(value ?? "").toWellFormed();
  } catch {
    return "something that cannot be shown as text";
  }
}

/** Somebody has to change something first. */
export const refused = (code, message, help) => new Failed("refused", code, message, help);
/** The other side is not there or not ready; the same call may work later. */
export const retryable = (code, message, help) => new Failed("retryable", code, message, help);
/** It is not known whether the effect happened. */
export const ambiguous = (code, message, help) => new Failed("ambiguous", code, message, help);
/** Something that should not happen did. */
export const broken = (code, message, help) => new Failed("broken", code, message, help);
/** The host asked the operation to stop. */
export const cancelled = (code, message) => new Failed("cancelled", code, message);

/** Code, message and help of a failure. Any other exception is a mistake, and is thrown on. */
export function lookedUp(error) {
  if (!isFailure(error)) {
    throw error;
  }
  return error.payload.val;
}

/** Drops what an undo is about; what belongs to somebody else was never made, so there is nothing to take back. */
export function undone(drop) {
  try {
    drop();
  } catch (error) {
    if (!["role-not-ours", "database-not-ours"].includes(lookedUp(error).code)) {
      throw error;
    }
  }
}

/** Anything thrown as a failure. One that nobody expected says in which file and line it was thrown. */
export function asFailure(error) {
  if (isFailure(error)) {
    return error;
  }
  const said = error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${asText(error)}`;
  const what = said.replace(/\s+/g, " ").slice(0, MESSAGE_CHARS_MAX);
  const frames = framesOf(error);
  // The author's own line, where the layer threw it on the way.
  const frame = frames.find(({ file }) => !file.includes("systemprompt-sdk")) ?? frames[0];
  if (!frame) {
    return broken("exception", what);
  }
  const inside = frame.name ? `, in ${frame.name}` : "";
  return broken("exception", `${what} (${frame.file.split("/").pop()}:${frame.line}${inside})`);
}

function isFailure(error) {
  return KINDS.includes(error?.payload?.tag) && typeof error.payload.val?.code === "string";
}

/** Where it was thrown, innermost first: `create@provider.js:84:5` in a component, `at create (…:84:5)` in Node. */
function framesOf(error) {
  const lines = String(error?.stack ?? "").split("\n");
  const found = lines.map((line) => /^\s*(?:at )?(?:(.*?)(?:@| \())?([^()@\s]+):(\d+):\d+\)?$/.exec(line));
  return found.filter(Boolean).map(([, name, file, line]) => ({ name: functionName(name), file, line }));
}

/** `create` of `create/<` and of `Object.create`. */
function functionName(name) {
  return (name ?? "").replace(/[/<]+$/, "").split(".").pop();
}
