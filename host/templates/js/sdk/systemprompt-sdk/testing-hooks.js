/** Makes modules of the contract's interfaces: `systemprompt:provider/server@1.0.0` has what `provider.wit` says. */

import { readFile } from "node:fs/promises";

const PREFIX = "systemprompt:provider/";
const contract = new URL("../wit/v1/provider.wit", import.meta.url);

export function resolve(specifier, context, next) {
  return specifier.startsWith(PREFIX) ? { url: specifier, shortCircuit: true } : next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.startsWith(PREFIX)) {
    return next(url, context);
  }
  const name = url.slice(PREFIX.length).split("@")[0];
  const body = new RegExp(`^interface ${name} \\{$([\\s\\S]*?)^\\}$`, "m").exec(await readFile(contract, "utf8"));
  if (!body) {
    throw new Error(`the contract has no interface \`${name}\``);
  }
  const called = [...body[1].matchAll(/^ {2}([a-z0-9-]+): func/gm)].map(([, kebab]) => inCamelCase(kebab));
  const lines = called.map((it) => `export const ${it} = (...args) => systemprompt("${name}.${it}", ...args);`);
  return { format: "module", source: lines.join("\n"), shortCircuit: true };
}

function inCamelCase(kebab) {
  return kebab.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}
