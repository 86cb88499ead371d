// Makes a component of the module in the working directory, by the library that is named first. It is called rather
// than its program, which cannot leave out what asks for something of a system.

import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [library, module, witPath, worldName, output] = process.argv.slice(2);

try {
  check();
  const { componentize } = await import(pathToFileURL(library).href);
  const { component } = await componentize({
    sourcePath: join(process.cwd(), module),
    witPath,
    worldName,
    disableFeatures: ["stdio", "random", "clocks", "http", "fetch-event"],
  });
  await writeFile(output, component);
} catch (error) {
  console.error(inWords(error?.message ?? String(error)));
  process.exitCode = 1;
}

// The library says of a mistake in the module's syntax that there is one, and not where.
function check() {
  const { status, stderr } = spawnSync(process.execPath, ["--check", module], { encoding: "utf8" });
  if (status !== 0) {
    throw new Error(stderr.split("\n    at ")[0].replaceAll(`${process.cwd()}/`, "").trim());
  }
}

// What the author can do about it: where in the library's tools it came up is no help.
function inWords(said) {
  const capability = /Error loading module "systemprompt:provider\/([a-z0-9-]+)@/.exec(said)?.[1];
  if (capability) {
    return `\`${capability}\` is imported, and is not among the capabilities in \`plugin.toml\``;
  }
  return said.replace(/^Failed to initialize component \(.*\):\n/, "").trim();
}
