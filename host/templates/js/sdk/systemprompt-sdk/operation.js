/** An operation and its steps: which undos are owed, and when they run. */

import * as journal from "systemprompt:provider/journal@1.0.0";

import { asFailure, broken, cancelled } from "./failure.js";
import { Request } from "./request.js";

/** What a provider is asked to do, and the steps by which it does it. */
export class Operation extends Request {
  #names = new Set();
  #owed = [];
  #failed;
  #open = false;
  #forwardOnly = false;

  /**
   * Does something once: after a crash, its recorded result is returned instead.
   *
   * The result has to be JSON. `undo` takes back what `run` did, and has to work when `run` did nothing or half of it.
   * `irreversible` says that nothing can, so that the operation is finished and not undone.
   */
  step(name, run, { undo, irreversible = false } = {}) {
    this.#admit(name);
    if (undo && irreversible) {
      throw this.#fail(broken("step-both", `step \`${name}\` has an undo and is irreversible`));
    }
    const position = journal.begin(name, undo ? "undoable" : irreversible ? "irreversible" : "none");
    if (position.tag === "stop") {
      throw this.#fail(unwinding());
    }
    if (undo) {
      this.#owed.push({ name, undo });
    }
    this.#forwardOnly ||= irreversible;
    if (position.tag === "recorded") {
      return JSON.parse(position.val);
    }
    if (position.tag === "unwind") {
      throw this.#fail(unwinding());
    }
    return this.#run(name, run);
  }

  #run(name, run) {
    this.#open = true;
    let result;
    try {
      result = asJson(`step \`${name}\``, run());
    } catch (error) {
      const failed = this.#fail(asFailure(error));
      journal.finish({ tag: "err", val: failed.payload });
      throw failed;
    } finally {
      this.#open = false;
    }
    journal.finish({ tag: "ok", val: result });
    // As it will be after a crash.
    return JSON.parse(result);
  }

  #admit(name) {
    if (this.#failed) {
      throw this.#failed;
    }
    if (this.#open) {
      throw broken("step-nested", `step \`${name}\` begins inside another step`);
    }
    if (this.#names.has(name)) {
      throw this.#fail(broken("step-repeated", `there are two steps named \`${name}\``));
    }
    this.#names.add(name);
  }

  #fail(failed) {
    this.#failed ??= failed;
    return this.#failed;
  }

  /** Performs it whole; when it fails, runs what undos are owed. A failure of a step is never swallowed. */
  settle(perform) {
    let result;
    try {
      result = perform();
      asJson(`\`${this.operation}\``, result);
    } catch (error) {
      // What the provider makes of a step's failure is what it says.
      this.#failed = asFailure(error);
    }
    if (!this.#failed) {
      return result;
    }
    if (!this.#forwardOnly) {
      this.#unwind();
    }
    throw this.#failed;
  }

  #unwind() {
    for (const { name, undo } of this.#owed.reverse()) {
      if (!journal.beginUndo(name)) {
        continue;
      }
      try {
        asJson(`the undo of \`${name}\``, undo());
      } catch (error) {
        journal.finishUndo({ tag: "err", val: asFailure(error).payload });
        return;
      }
      journal.finishUndo({ tag: "ok", val: undefined });
    }
  }
}

/** A result as JSON. A promise would be none, and what it stands for would happen when nobody looks any more. */
function asJson(what, result) {
  if (typeof result?.then === "function") {
    throw new TypeError(`${what} returned a promise; what the host offers answers at once, so use no \`async\``);
  }
  const text = JSON.stringify(result ?? null);
  if (text === undefined) {
    throw new TypeError(`${what} returned a ${typeof result}, which is no JSON`);
  }
  return text;
}

function unwinding() {
  return cancelled("unwinding", "the operation is being undone");
}
