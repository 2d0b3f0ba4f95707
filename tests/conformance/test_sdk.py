"""The official Python SDK against the emulator: what the SDK accepts, waits for and raises is what it would do with
a real workspace."""

import io
import os
import tempfile
import unittest

from emulator import Emulator, bare_environment

os.environ.clear()
os.environ.update(bare_environment(tempfile.mkdtemp()))

from databricks.sdk import AccountClient, WorkspaceClient, errors  # noqa: E402
from databricks.sdk.config import Config  # noqa: E402
from databricks.sdk.service import apps, catalog, iam, workspace  # noqa: E402


class AgainstTheEmulator(unittest.TestCase):
    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator(*cls.arguments)
        cls.w = cls.client(cls.emulator.token)

    @classmethod
    def tearDownClass(cls):
        unknown = cls.emulator.unknown_routes()
        cls.emulator.stop()
        assert not unknown, f"routes that the emulator lacks: {unknown}"

    @classmethod
    def client(cls, token=None, **more):
        config = {"http_timeout_seconds": 5, "retry_timeout_seconds": 20, **more}
        if token:
            config["token"] = token
        return WorkspaceClient(config=Config(host=cls.emulator.url, **config))

    def person(self, email):
        return self.client(self.emulator.control("POST", "people", {"email": email})["token"])


class Identity(AgainstTheEmulator):
    def test_a_person_is_told_who_they_are(self):
        me = self.w.current_user.me()
        self.assertEqual(me.user_name, "admin@example.com")
        self.assertIn("admins", [group.display for group in me.groups])
        self.assertEqual(self.w.get_workspace_id(), 7474653000000001)

    def test_a_service_principal_signs_in_with_a_secret(self):
        e = self.emulator
        e.asked()
        client = self.client(client_id=e.client_id, client_secret=e.client_secret)
        me = client.current_user.me()
        self.assertEqual(me.user_name, e.client_id)
        self.assertEqual(client.config.auth_type, "oauth-m2m")
        self.assertEqual(
            e.asked(),
            [
                "GET /.well-known/databricks-config",
                "GET /oidc/.well-known/oauth-authorization-server",
                "POST /oidc/v1/token",
                "GET /api/2.0/preview/scim/v2/Me",
            ],
        )

    def test_a_wrong_secret_is_refused_as_oauth_refuses(self):
        client = self.client(client_id=self.emulator.client_id, client_secret="wrong")
        with self.assertRaisesRegex(Exception, "invalid_client: Client authentication failed"):
            client.current_user.me()

    def test_an_expired_bearer_is_forbidden(self):
        e = self.emulator
        client = self.client(client_id=e.client_id, client_secret=e.client_secret)
        client.current_user.me()
        e.control("POST", "clock", {"advance": 3601 * 1000})
        with self.assertRaises(errors.PermissionDenied) as raised:
            client.current_user.me()
        self.assertIn("JWT has expired", str(raised.exception))

    def test_a_dead_token_is_forbidden_with_a_number(self):
        with self.assertRaises(errors.PermissionDenied) as raised:
            self.client("dapi0").current_user.me()
        self.assertEqual(raised.exception.error_code, 403)

    def test_no_credential_is_unauthenticated(self):
        import requests

        answer = requests.get(self.emulator.url + "/api/2.0/token/list", timeout=5)
        self.assertEqual(answer.status_code, 401)
        for header in ["X-Request-Id", "X-Databricks-Org-Id", "Server"]:
            self.assertIn(header, answer.headers)


class AccountStyle(AgainstTheEmulator):
    def test_discovery_leads_to_the_accounts_own_endpoint(self):
        e = self.emulator
        e.control("PATCH", "settings", {"host": "account"})
        account_id = e.control("GET", "settings")["account_id"]
        config = Config(
            host=e.url, account_id=account_id, client_id=e.client_id, client_secret=e.client_secret,
            http_timeout_seconds=5, retry_timeout_seconds=10,
        )
        e.asked()
        headers = AccountClient(config=config).config.authenticate()
        self.assertTrue(headers["Authorization"].startswith("Bearer "))
        self.assertIn(f"POST /oidc/accounts/{account_id}/v1/token", e.asked())
        e.control("PATCH", "settings", {"host": "workspace"})


class Tokens(AgainstTheEmulator):
    def test_a_token_lives_until_its_time_or_its_deletion(self):
        ann = self.person("ann@example.com")
        made = ann.tokens.create(comment="coda-auto-rotated", lifetime_seconds=900)
        self.assertEqual(len(made.token_info.token_id), 64)
        self.assertEqual(made.token_info.expiry_time - made.token_info.creation_time, 900_000)
        held = self.client(made.token_value)
        self.assertEqual(held.current_user.me().user_name, "ann@example.com")
        self.assertIn(made.token_info.token_id, [token.token_id for token in held.tokens.list()])
        short = ann.tokens.create(lifetime_seconds=60)
        self.emulator.control("POST", "clock", {"advance": 61_000})
        self.assertNotIn(short.token_info.token_id, [token.token_id for token in ann.tokens.list()])
        with self.assertRaises(errors.PermissionDenied):
            self.client(short.token_value).current_user.me()
        ann.tokens.delete(made.token_info.token_id)
        with self.assertRaises(errors.PermissionDenied):
            held.current_user.me()
        with self.assertRaises(errors.ResourceDoesNotExist):
            ann.tokens.delete(made.token_info.token_id)

    def test_too_long_a_life_is_refused(self):
        for seconds in [0, -1, 731 * 24 * 3600]:
            with self.assertRaises(errors.InvalidParameterValue):
                self.w.tokens.create(lifetime_seconds=seconds)

    def test_without_the_right_nobody_makes_one_and_old_ones_end(self):
        bob = self.person("bob@example.com")
        bob.current_user.me()
        tokens = iam.AccessControlRequest(group_name="admins", permission_level=iam.PermissionLevel.CAN_USE)
        self.w.permissions.set("authorization", "tokens", access_control_list=[tokens])
        with self.assertRaises(errors.PermissionDenied):
            bob.current_user.me()
        everyone = iam.AccessControlRequest(group_name="users", permission_level=iam.PermissionLevel.CAN_USE)
        self.w.permissions.update("authorization", "tokens", access_control_list=[everyone])


class Apps(AgainstTheEmulator):
    source = "/Workspace/Shared/source"

    def setUp(self):
        self.w.workspace.mkdirs(self.source)
        self.w.workspace.upload(
            self.source + "/app.yaml", b"command: [coda]\n", format=workspace.ImportFormat.AUTO, overwrite=True
        )

    def test_an_app_from_creation_to_its_end(self):
        w = self.w
        app = w.apps.create_and_wait(apps.App(name="whole-life", description="owner:ann@example.com"))
        self.assertEqual(app.compute_status.state, apps.ComputeState.ACTIVE)
        self.assertEqual(w.apps.get("whole-life").app_status.state, apps.ApplicationState.RUNNING)
        wish = apps.AppDeployment(
            source_code_path=self.source,
            mode=apps.AppDeploymentMode.SNAPSHOT,
            env_vars=[apps.EnvVar(name="APP_OWNER_EMAIL", value="ann@example.com")],
        )
        done = w.apps.deploy_and_wait("whole-life", wish)
        self.assertEqual(done.status.state, apps.AppDeploymentState.SUCCEEDED)
        read = w.apps.get_deployment("whole-life", done.deployment_id)
        self.assertEqual([(v.name, v.value) for v in read.env_vars], [("APP_OWNER_EMAIL", None)])
        self.assertEqual(w.apps.get("whole-life").active_deployment.deployment_id, done.deployment_id)
        self.assertIn(done.deployment_id, [d.deployment_id for d in w.apps.list_deployments("whole-life")])
        stopped = w.apps.stop_and_wait("whole-life")
        self.assertEqual(stopped.compute_status.state, apps.ComputeState.STOPPED)
        self.assertIsNone(stopped.active_deployment)
        with self.assertRaisesRegex(errors.BadRequest, "STOPPED state"):
            w.apps.stop("whole-life")
        starting = w.apps.start("whole-life")
        with self.assertRaisesRegex(errors.BadRequest, "active deployment in progress"):
            w.apps.deploy("whole-life", wish)
        self.assertEqual(starting.result().compute_status.state, apps.ComputeState.ACTIVE)
        self.emulator.control("POST", "clock", {"advance": 60_000})
        again = w.apps.get("whole-life")
        self.assertEqual(again.active_deployment.source_code_path, self.source)
        w.apps.delete("whole-life")
        self.assertEqual(w.apps.get("whole-life").compute_status.state, apps.ComputeState.DELETING)
        with self.assertRaisesRegex(errors.BadRequest, "not terminal with state DELETING"):
            w.apps.delete("whole-life")
        with self.assertRaises(errors.ResourceAlreadyExists):
            w.apps.create(apps.App(name="whole-life"))
        self.emulator.control("POST", "clock", {"advance": 20 * 60_000})
        with self.assertRaises(errors.ResourceDoesNotExist):
            w.apps.get("whole-life")

    def test_update_replaces_and_asynchronous_update_does_not(self):
        w = self.w
        w.apps.create_and_wait(apps.App(name="changing", description="one", user_api_scopes=["sql"]))
        w.apps.update("changing", apps.App(name="changing", description="two"))
        read = w.apps.get("changing")
        self.assertEqual((read.description, read.user_api_scopes), ("two", None))
        w.apps.update("changing", apps.App(name="changing", description="two", user_api_scopes=["sql"]))
        done = w.apps.create_update_and_wait("changing", "description", app=apps.App(name="changing", description="3"))
        self.assertEqual(done.status.state, apps.AppUpdateUpdateStatusUpdateState.SUCCEEDED)
        read = w.apps.get("changing")
        self.assertEqual((read.description, read.user_api_scopes), ("3", ["sql"]))
        with self.assertRaises(errors.InvalidParameterValue):
            w.apps.update("changing", apps.App(name="changing", compute_size=apps.ComputeSize.LARGE))

    def test_without_compute_an_app_is_stopped(self):
        app = self.w.apps.create(apps.App(name="no-compute"), no_compute=True).response
        self.assertEqual(app.compute_status.state, apps.ComputeState.STOPPED)
        with self.assertRaisesRegex(errors.BadRequest, "Start the app compute to deploy the app"):
            self.w.apps.deploy("no-compute", apps.AppDeployment(source_code_path=self.source))

    def test_a_deployment_that_fails_is_told(self):
        script = {"app": "failing", "deployments": [{"fails": "File is larger than 10485760 bytes"}]}
        self.emulator.control("PUT", "scripts", [script])
        self.w.apps.create_and_wait(apps.App(name="failing"))
        wish = apps.AppDeployment(source_code_path=self.source)
        with self.assertRaisesRegex(errors.OperationFailed, "FAILED|File is larger"):
            self.w.apps.deploy_and_wait("failing", wish)
        self.assertEqual(self.w.apps.get("failing").app_status.state, apps.ApplicationState.RUNNING)
        self.emulator.control("POST", "clock", {"advance": 60_000})
        self.w.apps.deploy_and_wait("failing", wish)

    def test_a_list_has_pages_and_empty_ones_among_them(self):
        names = {f"many-{n}" for n in range(7)}
        for name in names:
            self.w.apps.create(apps.App(name=name), no_compute=True)
        self.emulator.asked()
        listed = {app.name for app in self.w.apps.list(page_size=3)}
        self.assertTrue(names <= listed, listed)
        self.assertGreater(len(self.emulator.asked("GET /api/2.0/apps")), 3)

    def test_a_bad_name_is_refused(self):
        for name in ["x", "With-Capitals", "a" * 31, "under_score"]:
            with self.assertRaises(errors.InvalidParameterValue):
                self.w.apps.create(apps.App(name=name))

    def test_permissions_are_added_raised_and_replaced(self):
        w = self.w
        w.apps.create(apps.App(name="shared"), no_compute=True)
        ann = self.person("ann@example.com")
        with self.assertRaises(errors.PermissionDenied):
            ann.apps.get("shared")

        def request(email, level):
            return apps.AppAccessControlRequest(user_name=email, permission_level=apps.AppPermissionLevel(level))

        w.apps.update_permissions("shared", access_control_list=[request("ann@example.com", "CAN_USE")])
        self.assertEqual(ann.apps.get("shared").name, "shared")
        with self.assertRaises(errors.PermissionDenied):
            ann.apps.start("shared")
        w.apps.set_permissions("shared", access_control_list=[request("ann@example.com", "CAN_MANAGE")])
        levels = {
            (entry.user_name or entry.group_name, entry.all_permissions[0].permission_level.value)
            for entry in w.apps.get_permissions("shared").access_control_list
        }
        self.assertEqual(levels, {("ann@example.com", "CAN_MANAGE"), ("admins", "CAN_MANAGE")})
        self.assertTrue(w.apps.get_permission_levels("shared").permission_levels)
        with self.assertRaisesRegex(errors.DatabricksError, "does not exist"):
            w.apps.update_permissions("shared", access_control_list=[request("nobody@example.com", "CAN_USE")])


class Grants(AgainstTheEmulator):
    volume = "main.default.files"

    def of_ann(self, answer):
        held = answer.privilege_assignments or []
        return {one for who in held if who.principal == "ann@example.com" for one in who.privileges}

    def test_privileges_are_added_and_taken_away(self):
        self.person("ann@example.com")
        add = [catalog.Privilege.READ_VOLUME, catalog.Privilege.WRITE_VOLUME]
        change = catalog.PermissionsChange(principal="ann@example.com", add=add)
        for _ in range(2):
            self.assertEqual(self.of_ann(self.w.grants.update("volume", self.volume, changes=[change])), set(add))
        self.assertEqual(self.of_ann(self.w.grants.get("volume", self.volume)), set(add))
        self.assertTrue(self.w.grants.get_effective("volume", self.volume).privilege_assignments)
        twice = catalog.PermissionsChange(principal="ann@example.com", add=add, remove=add)
        with self.assertRaisesRegex(errors.InvalidParameterValue, "Duplicate privileges"):
            self.w.grants.update("volume", self.volume, changes=[twice])
        everything = catalog.PermissionsChange(
            principal="ann@example.com", remove=[catalog.Privilege.ALL_PRIVILEGES]
        )
        self.assertEqual(self.of_ann(self.w.grants.update("volume", self.volume, changes=[everything])), set())

    def test_a_new_apps_principal_is_unknown_for_a_while(self):
        self.emulator.control("PATCH", "settings", {"delays": {"principal": 20_000}})
        app = self.w.apps.create(apps.App(name="fresh"), no_compute=True).response
        change = catalog.PermissionsChange(
            principal=app.service_principal_client_id, add=[catalog.Privilege.USE_CATALOG]
        )
        with self.assertRaises(errors.DatabricksError) as raised:
            self.w.grants.update("catalog", "main", changes=[change])
        self.assertEqual(raised.exception.error_code, "PRINCIPAL_DOES_NOT_EXIST")
        self.emulator.control("POST", "clock", {"advance": 20_001})
        self.w.grants.update("catalog", "main", changes=[change])

    def test_a_missing_volume_is_told(self):
        with self.assertRaises(errors.NotFound):
            self.w.grants.get("volume", "main.default.nothing")

    def test_a_volume_takes_files_from_whoever_may_write(self):
        ann = self.person("writer@example.com")
        path = "/Volumes/main/default/files/a/b.txt"
        with self.assertRaises(errors.PermissionDenied):
            ann.files.upload(path, io.BytesIO(b"text"))
        for kind, name, privileges in [
            ("catalog", "main", ["USE_CATALOG"]),
            ("schema", "main.default", ["USE_SCHEMA"]),
            ("volume", self.volume, ["READ_VOLUME", "WRITE_VOLUME"]),
        ]:
            add = [catalog.Privilege(privilege) for privilege in privileges]
            change = catalog.PermissionsChange(principal="writer@example.com", add=add)
            self.w.grants.update(kind, name, changes=[change])
        ann.files.upload(path, io.BytesIO(b"text"), overwrite=True)
        self.assertEqual(ann.files.download(path).contents.read(), b"text")
        names = [entry.name for entry in ann.files.list_directory_contents("/Volumes/main/default/files/a")]
        self.assertEqual(names, ["b.txt"])
        self.assertEqual(ann.files.get_metadata(path).content_length, 4)
        ann.files.delete(path)
        ann.files.delete_directory("/Volumes/main/default/files/a")


class Files(AgainstTheEmulator):
    def test_files_and_notebooks_go_in_and_come_out(self):
        w, home = self.w.workspace, "/Users/admin@example.com/projects"
        with self.assertRaises(errors.NotFound):
            w.upload(home + "/x.txt", b"text", format=workspace.ImportFormat.AUTO)
        w.mkdirs(home + "/inner")
        w.upload(home + "/x.txt", b"text", format=workspace.ImportFormat.AUTO)
        with self.assertRaises(errors.ResourceAlreadyExists):
            w.upload(home + "/x.txt", b"more", format=workspace.ImportFormat.AUTO)
        w.upload(home + "/x.txt", b"more", format=workspace.ImportFormat.AUTO, overwrite=True)
        note = b"# Databricks notebook source\nprint(1)\n"
        w.upload(home + "/note.py", note, format=workspace.ImportFormat.AUTO)
        found = {item.path: item.object_type.value for item in w.list("/Workspace" + home, recursive=True)}
        self.assertEqual(found, {f"/Workspace{home}/x.txt": "FILE", f"/Workspace{home}/note": "NOTEBOOK"})
        self.assertEqual(w.download(home + "/x.txt").read(), b"more")
        self.assertEqual(w.download(home + "/note").read(), note)
        self.assertTrue(w.export(home + "/note", format=workspace.ExportFormat.SOURCE).content)
        self.assertEqual(w.get_status(home + "/note").language, workspace.Language.PYTHON)
        with self.assertRaises(errors.BadRequest):
            w.delete(home)
        w.delete(home, recursive=True)
        with self.assertRaises(errors.ResourceDoesNotExist):
            w.get_status(home)

    def test_what_is_anothers_has_a_status_and_nothing_else(self):
        self.person("ann@example.com").workspace.mkdirs("/Users/ann@example.com/inner")
        bob = self.person("bob@example.com").workspace
        self.assertEqual(bob.get_status("/Users/ann@example.com/inner").object_type.value, "DIRECTORY")
        with self.assertRaises(errors.NotFound):
            list(bob.list("/Users/ann@example.com/inner"))
        with self.assertRaises(errors.PermissionDenied):
            bob.mkdirs("/Users/ann@example.com/mine")


class Secrets(AgainstTheEmulator):
    def test_a_secret_is_kept_and_shared(self):
        s = self.w.secrets
        s.create_scope("coda")
        with self.assertRaises(errors.ResourceAlreadyExists):
            s.create_scope("coda")
        s.put_secret("coda", "key", string_value="value")
        self.assertEqual(s.get_secret("coda", "key").value, "dmFsdWU=")
        self.assertEqual([secret.key for secret in s.list_secrets("coda")], ["key"])
        self.assertIn("coda", [scope.name for scope in s.list_scopes()])
        ann = self.person("ann@example.com").secrets
        with self.assertRaises(errors.PermissionDenied):
            ann.get_secret("coda", "key")
        s.put_acl("coda", "ann@example.com", workspace.AclPermission.READ)
        self.assertEqual(s.get_acl("coda", "ann@example.com").permission, workspace.AclPermission.READ)
        self.assertEqual(len(list(s.list_acls("coda"))), 2)
        ann.get_secret("coda", "key")
        s.delete_acl("coda", "ann@example.com")
        s.delete_secret("coda", "key")
        s.delete_scope("coda")
        with self.assertRaises(errors.ResourceDoesNotExist):
            s.put_secret("coda", "key", string_value="value")


class ModelsAndExperiments(AgainstTheEmulator):
    def test_endpoints_are_listed(self):
        ready = [e.name for e in self.w.serving_endpoints.list() if e.state.ready.value == "READY"]
        self.assertIn("databricks-claude-sonnet-4-5", ready)
        self.assertEqual(self.w.serving_endpoints.get(ready[0]).name, ready[0])
        with self.assertRaises(errors.ResourceDoesNotExist):
            self.w.serving_endpoints.get("nothing")

    def test_an_experiment_is_an_object_of_the_workspace(self):
        name = "/Users/admin@example.com/coda"
        made = self.w.experiments.create_experiment("/Workspace" + name).experiment_id
        self.assertEqual(self.w.experiments.get_by_name(name).experiment.experiment_id, made)
        self.assertEqual(self.w.experiments.get_experiment(made).experiment.name, name)
        self.assertIn(made, [e.experiment_id for e in self.w.experiments.search_experiments()])
        with self.assertRaises(errors.ResourceAlreadyExists):
            self.w.experiments.create_experiment(name)
        with self.assertRaises(errors.NotFound):
            self.w.experiments.get_by_name("/Users/admin@example.com/nothing")


class FaultsAndLimits(AgainstTheEmulator):
    def fault(self, **rule):
        self.emulator.control("POST", "faults", {"times": 1, **rule})

    def tearDown(self):
        self.emulator.control("DELETE", "faults")
        self.emulator.control("PUT", "limits", [])

    def test_a_lost_answer_leaves_the_app_behind(self):
        self.fault(match="POST /api/2.0/apps", after_handler=True, effect="reset")
        with self.assertRaises(errors.ResourceAlreadyExists):
            self.w.apps.create(apps.App(name="echo"), no_compute=True)
        self.assertEqual(self.w.apps.get("echo").name, "echo")

    def test_a_busy_workspace_is_asked_again(self):
        busy = {"rate_limited": {"retry_after": {"seconds": 1}}}
        self.fault(match="GET /api/2.0/preview/*", effect=busy)
        unavailable = {"error_code": "TEMPORARILY_UNAVAILABLE", "message": "try again"}
        self.fault(match="GET /api/2.0/preview/*", effect={"answer": {"status": 503, "body": unavailable}})
        self.emulator.asked()
        self.w.current_user.me()
        self.assertEqual(len(self.emulator.asked("GET /api/2.0/preview/*")), 3)

    def test_a_limit_holds_for_a_window_of_time(self):
        rule = {"match": "GET /api/2.0/token/list", "requests": 2, "window": 1000, "retry_after": {"seconds": 1}}
        self.emulator.control("PUT", "limits", [rule])
        self.emulator.asked()
        for _ in range(3):
            list(self.w.tokens.list())
        self.assertEqual(len(self.emulator.asked("GET /api/2.0/token/list")), 4)

    def test_a_page_to_sign_in_is_no_json(self):
        self.fault(match="GET /api/2.0/token/list", effect="login_page")
        with self.assertRaises(ValueError):
            list(self.w.tokens.list())

    def test_errors_of_servers_have_their_classes(self):
        for status, code, kind in [
            (500, "INTERNAL_ERROR", errors.InternalError),
            (504, "DEADLINE_EXCEEDED", errors.DeadlineExceeded),
            (409, "ALREADY_EXISTS", errors.AlreadyExists),
        ]:
            body = {"error_code": code, "message": "a fault"}
            self.fault(match="GET /api/2.0/token/list", effect={"answer": {"status": status, "body": body}})
            with self.assertRaises(kind):
                list(self.w.tokens.list())


if __name__ == "__main__":
    unittest.main()
