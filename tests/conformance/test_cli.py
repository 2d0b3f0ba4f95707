"""The official `databricks` command against the emulator: a second client, written in another language, that knows
the real workspace."""

import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

from emulator import Emulator, bare_environment

CLI = os.environ.get("DATABRICKS_CLI", "databricks")
HOME = "/Users/admin@example.com"
# Stands for the browser of whoever signs in: follows the redirects and says nothing.
BROWSER = f"""#!{sys.executable}
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=10).read()
"""


class AgainstTheEmulator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()

    @classmethod
    def tearDownClass(cls):
        unknown = cls.emulator.unknown_routes()
        cls.emulator.stop()
        assert not unknown, f"routes that the emulator lacks: {unknown}"

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())

    def run_cli(self, *arguments, expect=0, **environment):
        credentials = environment or {"DATABRICKS_HOST": self.emulator.url, "DATABRICKS_TOKEN": self.emulator.token}
        quiet = {"DATABRICKS_CLI_DISABLE_TELEMETRY": "1", "DATABRICKS_CACHE_ENABLED": "false"}
        done = subprocess.run(
            [CLI, *arguments],
            env={**bare_environment(str(self.folder)), **quiet, **credentials},
            cwd=self.folder, capture_output=True, text=True, timeout=120,
        )
        said = f"databricks {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        self.assertEqual(done.returncode, expect, said)
        return done.stdout if expect == 0 else done.stderr

    def read_json(self, *arguments, **environment):
        return json.loads(self.run_cli(*arguments, "-o", "json", **environment))

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def remote(self, path):
        listed = self.read_json("workspace", "list", path)
        return sorted((item["path"].rsplit("/", 1)[-1], item["object_type"]) for item in listed or [])


class Identity(AgainstTheEmulator):
    def test_a_token_says_who_one_is(self):
        self.assertEqual(self.read_json("current-user", "me")["userName"], "admin@example.com")

    def test_a_service_principal_says_who_it_is(self):
        e = self.emulator
        me = self.read_json(
            "current-user", "me",
            DATABRICKS_HOST=e.url, DATABRICKS_CLIENT_ID=e.client_id, DATABRICKS_CLIENT_SECRET=e.client_secret,
        )
        self.assertEqual(me["userName"], e.client_id)

    def test_a_dead_token_is_an_invalid_one(self):
        said = self.run_cli(
            "current-user", "me", expect=1, DATABRICKS_HOST=self.emulator.url, DATABRICKS_TOKEN="dapi0"
        )
        self.assertIn("Invalid access token", said)

    def test_nobody_signed_in_has_no_token(self):
        said = self.run_cli("auth", "token", "--host", self.emulator.url, expect=1, DATABRICKS_AUTH_STORAGE="plaintext")
        self.assertIn("databricks OAuth is not configured for this host", said)

    def test_whoever_signed_in_has_a_token_that_is_renewed(self):
        browser = self.folder / "browser"
        browser.write_text(BROWSER)
        browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
        settings = {"BROWSER": str(browser), "DATABRICKS_AUTH_STORAGE": "plaintext"}
        host = ("--host", self.emulator.url)
        self.run_cli("auth", "login", *host, "--profile", "emulator", **settings)
        first = json.loads(self.run_cli("auth", "token", *host, **settings))
        self.assertEqual(first["token_type"], "Bearer")
        me = self.read_json(
            "current-user", "me", "--profile", "emulator", **settings
        )
        self.assertEqual(me["userName"], "admin@example.com")
        cache = self.folder / ".databricks" / "token-cache.json"
        entries = json.loads(cache.read_text())
        for token in entries["tokens"].values():
            token["expiry"] = "2020-01-01T00:00:00Z"
        cache.write_text(json.dumps(entries))
        again = json.loads(self.run_cli("auth", "token", *host, **settings))
        self.assertNotEqual(first["access_token"], again["access_token"])


class Workspace(AgainstTheEmulator):
    def test_a_folder_goes_in_and_comes_out_the_same(self):
        self.write("src/readme.md", "text\n")
        self.write("src/empty", "")
        self.write("src/deep/er/data.json", "{}\n")
        self.write("src/with space & ünïcode.txt", "x")
        self.write("src/note.py", "# Databricks notebook source\nprint(1)\n")
        self.write("src/plain.py", "print(2)\n")
        self.run_cli("workspace", "import-dir", "src", f"{HOME}/tree")
        self.assertIn(("note", "NOTEBOOK"), self.remote(f"{HOME}/tree"))
        self.assertIn(("plain.py", "FILE"), self.remote(f"{HOME}/tree"))
        said = self.run_cli("workspace", "export-dir", f"{HOME}/tree", "back")
        self.assertIn("Export complete", said)
        self.assertEqual(self.files("src"), self.files("back"))
        with_mount = self.run_cli("workspace", "export-dir", f"/Workspace{HOME}/tree", "mounted")
        self.assertIn("Export complete", with_mount)
        self.assertEqual(self.files("src"), self.files("mounted"))

    def files(self, folder):
        root = self.folder / folder
        return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}

    def test_what_is_there_already_stays_unless_told(self):
        self.write("src/a.txt", "one")
        self.run_cli("workspace", "import-dir", "src", f"{HOME}/again")
        self.write("src/a.txt", "two")
        self.run_cli("workspace", "import-dir", "src", f"{HOME}/again")
        self.run_cli("workspace", "export-dir", f"{HOME}/again", "first")
        self.assertEqual(self.files("first"), {"a.txt": "one"})
        self.run_cli("workspace", "import-dir", "src", f"{HOME}/again", "--overwrite")
        self.run_cli("workspace", "export-dir", f"{HOME}/again", "second")
        self.assertEqual(self.files("second"), {"a.txt": "two"})

    def test_a_missing_folder_is_told(self):
        self.assertIn("doesn't exist", self.run_cli("workspace", "list", f"{HOME}/nothing", expect=1))

    def test_sync_sends_what_changed_and_removes_what_went(self):
        self.write("src/.gitignore", "ignored\n")
        self.write("src/ignored", "x")
        self.write("src/a.txt", "one")
        self.write("src/deep/b.txt", "one")
        self.write("src/note.py", "# Databricks notebook source\nprint(1)\n")
        target = f"{HOME}/synced"
        self.run_cli("sync", "src", target, "--full")
        names = [("a.txt", "FILE"), ("deep", "DIRECTORY"), ("note", "NOTEBOOK")]
        self.assertEqual([name for name in self.remote(target) if not name[0].startswith(".")], names)
        self.emulator.asked()
        self.write("src/a.txt", "two, longer")
        os.utime(self.folder / "src/a.txt", (2_000_000_000, 2_000_000_000))
        (self.folder / "src/deep/b.txt").unlink()
        self.run_cli("sync", "src", target)
        sent = self.emulator.asked("POST /api/2.0/workspace-files/*")
        self.assertEqual(len(sent), 1, sent)
        self.assertIn("a.txt", sent[0])
        self.assertIn("%2F", sent[0])
        self.assertEqual(
            [name for name in self.remote(target) if not name[0].startswith(".")],
            [("a.txt", "FILE"), ("note", "NOTEBOOK")],
        )
        self.run_cli("workspace", "export-dir", target, "back")
        self.assertEqual(self.files("back")["a.txt"], "two, longer")


class Apps(AgainstTheEmulator):
    def test_apps_are_made_listed_and_stopped(self):
        self.write("src/app.yaml", "command: [coda]\n")
        self.run_cli("workspace", "import-dir", "src", "/Shared/source")
        self.run_cli("apps", "create", "by-cli", "--description", "owner:ann@example.com")
        deployed = self.read_json("apps", "deploy", "by-cli", "--source-code-path", "/Workspace/Shared/source")
        self.assertEqual(deployed["status"]["state"], "SUCCEEDED")
        for n in range(4):
            self.run_cli("apps", "create", f"more-{n}", "--no-compute", "--no-wait")
        self.emulator.control("PATCH", "settings", {"page_size": 2})
        names = [app["name"] for app in self.read_json("apps", "list")]
        self.assertEqual(names, ["by-cli", "more-0", "more-1", "more-2", "more-3"])
        self.assertEqual(self.read_json("apps", "get", "by-cli")["app_status"]["state"], "RUNNING")
        self.run_cli("apps", "stop", "by-cli")
        self.assertEqual(self.read_json("apps", "get", "by-cli")["compute_status"]["state"], "STOPPED")
        self.run_cli("apps", "delete", "by-cli")


if __name__ == "__main__":
    unittest.main()
