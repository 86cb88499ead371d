"""What the layer for providers in Python makes of an author's types, of failures, and of tenants from elsewhere.

Types are text in this module, as everywhere where annotations are postponed.
"""

from __future__ import annotations

import sys
import unittest
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional
from unittest.mock import DEFAULT, patch

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / part) for part in ("sdk", "bindings")]

from systemprompt_sdk import Failed, LiveStatus, export, local, looked_up, refused  # noqa: E402
from systemprompt_sdk.request import errors  # noqa: E402
from wit_world.imports import journal, types  # noqa: E402


@dataclass
class Config:
    port: int = 5433
    size: Optional[int] = None
    zone: str | None = None
    tags: list[str] = field(default_factory=list)
    either: int | str = 1


class Provider:
    """A step of it fails; what becomes of that is a test's business."""

    Config = Config

    def describe(self):
        return local("acme", "0.1.0", "Acme", "{}")

    def create(self, op):
        try:
            op.step("make it", fail)
        except Failed as failed:
            self.hear(failed)
        return {}

    def status(self, tenant):
        return LiveStatus(True, "ready", [], None)

    def orphans(self, tenants):
        self.seen = [tenant.config for tenant in tenants]
        return []


def fail():
    raise refused("disk-full", "there is no room")


def own_words(failed):
    raise refused("own-words", "buy a disk") from failed


def failure_of(call):
    try:
        call()
    except Failed as failed:
        return looked_up(failed).code
    return None


class Layer(unittest.TestCase):
    def setUp(self):
        answers = {"begin": journal.Position_Run(), "finish": None, "begin_undo": True, "finish_undo": None}
        patched = patch.multiple(journal, **dict.fromkeys(answers, DEFAULT))
        played = patched.start()
        self.addCleanup(patched.stop)
        for name, answer in answers.items():
            played[name].return_value = answer

    def test_types_that_are_text_optional_or_several_are_held_against_what_is_given(self):
        def told(config):
            return {error.path: error.message for error in errors(Config, config)}

        bad = {"port": "x", "size": "big", "zone": 4, "tags": "a", "either": []}
        self.assertEqual(
            told(bad),
            {
                "/port": "it has to be a whole number",
                "/size": "it has to be a whole number or null",
                "/zone": "it has to be a text or null",
                "/tags": "it has to be a list",
                "/either": "it has to be a whole number or a text",
            },
        )
        self.assertEqual(told({"port": None}), {"/port": "it has to be a whole number"})
        self.assertEqual(told({"port": 1, "size": None, "zone": None, "tags": [], "either": "a"}), {})

    def test_a_provider_says_in_its_own_words_what_a_failed_step_means_and_cannot_swallow_it(self):
        tenant = types.Tenant("local_1", "test", None, "{}", "{}", None)
        request = types.Request("create", "op_1", tenant, "{}", None)
        for hear, code in ((own_words, "own-words"), (lambda failed: None, "disk-full")):
            provider = Provider()
            provider.hear = hear
            self.assertEqual(failure_of(lambda: export(provider)().run(request)), code)

    def test_a_tenant_with_settings_of_yesterday_hides_no_orphan(self):
        provider = Provider()
        old = types.Tenant("local_1", "test", None, '{"yesterday": 1}', "{}", None)
        self.assertEqual(failure_of(lambda: export(provider)().status(old)), "config-invalid")
        self.assertEqual(export(provider)().orphans([old]), [])
        self.assertEqual(provider.seen, [{"yesterday": 1}])


if __name__ == "__main__":
    unittest.main()
