/** Secrets, as placeholders: a provider never sees one. It needs `secrets` among the capabilities in `plugin.toml`. */

import { ensure } from "systemprompt:provider/secrets@1.0.0";

const PASSWORD_CHARS = 32;

/** The placeholder of a secret of the tenant. */
export const secret = (name) => ensure({ name, scope: "tenant", length: PASSWORD_CHARS, ext: undefined });
/** The placeholder of a secret that all tenants on this machine share. */
export const sharedSecret = (name) => ensure({ name, scope: "machine", length: PASSWORD_CHARS, ext: undefined });
