/**
 * A host for tests in Node: each function of the contract calls what a test put in its place.
 *
 * Node is started with `--import` of it, as `npm test` does: the contract's interfaces are modules from then on. A test
 * says what there is, `play("server", { ensure: () => cluster })`; a function that nobody plays throws.
 */

import { register } from "node:module";

const played = new Map();

// What the modules in `testing-hooks.js` call.
globalThis.systemprompt = (name, ...args) => {
  const answer = played.get(name);
  if (!answer) {
    throw new Error(`no test plays \`${name}\``);
  }
  return answer(...args);
};

/** Puts functions in the place of an interface's. */
export function play(name, functions) {
  for (const [called, answer] of Object.entries(functions)) {
    played.set(`${name}.${called}`, answer);
  }
}

register("./testing-hooks.js", import.meta.url);
