"""What this provider does. `systemprompt plugin test` tries what every provider promises, on the component itself.

`systemprompt plugin build` makes `bindings/`, where the contract is as Python; here, its functions are played.
"""

import sys
import unittest
from pathlib import Path
from unittest.mock import DEFAULT, patch

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / part) for part in ("src", "sdk", "bindings")]

import provider  # noqa: E402
from systemprompt_sdk import looked_up, refused  # noqa: E402
from wit_world.imports import journal, postgres, secrets, server, types  # noqa: E402

CLUSTER = server.Cluster("my-provider", "running", "15.18", 5433, "", "", "")
TENANT = types.Tenant("local_1", "test", None, "{}", "{}", None)


def asked(operation):
    return types.Request(operation, "op_1", TENANT, "{}", None)


class Here(unittest.TestCase):
    """A host in which everything works and is written down."""

    def setUp(self):
        self.undone = []
        self.play(journal, begin=journal.Position_Run(), finish=None, begin_undo=True, finish_undo=None)
        self.play(secrets, ensure="{{secret:x@1}}")
        self.play(server, ensure=CLUSTER, status=CLUSTER, stop=None)
        self.postgres = self.play(
            postgres, ensure_role=None, ensure_database=None, drop_role=None, drop_database=None, check_login=None
        )

    def play(self, module, **answers):
        patched = patch.multiple(module, **dict.fromkeys(answers, DEFAULT))
        played = patched.start()
        self.addCleanup(patched.stop)
        for name, answer in answers.items():
            played[name].return_value = answer
        return played


class MyProvider(Here):
    def test_a_tenant_that_was_created_has_a_url_without_its_password(self):
        resources = provider.Provider().run(asked("create"))
        self.assertIn("postgres://tenant_1:{{secret:x@1}}@127.0.0.1:5433/tenant_1", resources)

    def test_a_role_is_taken_back_when_its_database_cannot_be_made(self):
        self.postgres["ensure_database"].side_effect = refused("disk-full", "there is no room")
        with self.assertRaises(Exception) as raised:
            provider.Provider().run(asked("create"))
        self.assertEqual(looked_up(raised.exception).code, "disk-full")
        self.postgres["drop_role"].assert_called_once()

    def test_a_mistake_is_told_with_file_and_line(self):
        self.postgres["ensure_role"].side_effect = ZeroDivisionError("a mistake")
        with self.assertRaises(Exception) as raised:
            provider.Provider().run(asked("create"))
        self.assertRegex(looked_up(raised.exception).message, r"ZeroDivisionError: a mistake \(.*\.py:\d+, in ")

    def test_a_bad_setting_is_named(self):
        errors = {config: provider.Provider().check(config) for config in ('{"port": 80}', '{"prt": 1}', '{"port": "x"}')}
        self.assertEqual([found[0].path for found in errors.values()], ["/port", "/prt", "/port"])
        self.assertEqual(provider.Provider().check("{}"), [])


if __name__ == "__main__":
    unittest.main()
