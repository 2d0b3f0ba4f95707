//! The workspace's token: given once, fresh ever after, and nowhere to be found. Against the emulator of a workspace.

use std::time::Duration;

use serde_json::{Value, json};
use workspace::{Fault, Settings, Workspace};

use crate::support::{Answer, Daemon, Options, Wire, has_token, until};

const ANN: &str = "ann@example.com";
const MARK: &str = "coda-auto-rotated:ann-1:";

/// An instance of Ann's, with a token that is renewed every two seconds.
struct Instance {
    workspace: Workspace,
    daemon: Daemon,
}

impl Instance {
    async fn with(workspace: Workspace, variables: &[(&str, &str)]) -> Instance {
        let daemon = Daemon::with(options(&workspace, variables)).await;
        Instance { workspace, daemon }
    }

    async fn start() -> Instance {
        Instance::with(Workspace::start(), &[]).await
    }

    async fn ask(&self, line: &str, who: &str, body: &str) -> Answer {
        let headers = [
            ("Host", self.daemon.address.as_str()),
            ("X-Forwarded-Email", who),
            ("Authorization", "Bearer from-the-workspace"),
            ("Content-Type", "application/json"),
        ];
        Wire::to(&self.daemon).await.ask(line, &headers, body).await
    }

    async fn paste(&self, token: &str) -> Answer {
        self.ask("POST /api/configure-pat", ANN, &json!({ "token": token }).to_string()).await
    }

    async fn status(&self) -> Value {
        read(&self.ask("GET /api/pat-status", ANN, "").await)
    }

    async fn until_state(&self, state: &str) -> Value {
        until(&format!("the token's state is {state}"), || async {
            let status = self.status().await;
            (status["state"] == state).then_some(status)
        })
        .await
    }

    /// Waits until so many tokens were made.
    async fn until_made(&self, count: usize) {
        until(&format!("{count} tokens were made"), || async { (self.made() >= count).then_some(()) }).await;
    }

    fn made(&self) -> usize {
        self.workspace.asked().iter().filter(|asked| asked.contains("/token/create")).count()
    }

    /// The comments of Ann's live tokens, without those of ours.
    fn others(&self) -> Vec<String> {
        self.workspace.live_tokens(ANN).into_iter().filter(|comment| !comment.starts_with(MARK)).collect()
    }
}

fn options(workspace: &Workspace, variables: &[(&str, &str)]) -> Options {
    let own = [
        ("DATABRICKS_HOST", workspace.url()),
        ("APP_OWNER_EMAIL", ANN),
        ("CODA_INSTANCE_NAME", "ann-1"),
        ("PAT_ROTATION_INTERVAL", "2"),
        ("PAT_TOKEN_LIFETIME", "120"),
    ];
    let config = "[credentials]\ngrace_seconds = 1\n";
    let all = own.iter().chain(variables);
    let environment = all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Options { environment, config: Some(config.to_owned()), ..Options::default() }
}

fn read(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"))
}

#[tokio::test]
async fn a_pasted_token_is_replaced_renewed_and_nowhere_to_be_found() {
    let instance = Instance::start().await;
    let ann = instance.workspace.person(ANN);
    assert_eq!(instance.status().await["state"], "none");
    let answer = instance.paste(&format!("  {}\n", ann.token)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!((&read(&answer)["status"], &read(&answer)["user"]), (&json!("ok"), &json!(ANN)));

    // What tools read has a token that counts at every moment.
    let file = instance.daemon.home().join(".databrickscfg");
    let held = || {
        std::fs::read_to_string(&file)
            .ok()?
            .lines()
            .find_map(|line| Some(line.strip_prefix("token = ")?.to_owned()))
    };
    until("five tokens", || async {
        if let Some(token) = held() {
            assert!(instance.workspace.is_live(&token));
        }
        (instance.made() >= 5).then_some(())
    })
    .await;
    until("the pasted token is revoked", || async {
        (!instance.workspace.is_live(&ann.token)).then_some(())
    })
    .await;
    assert!(instance.others().is_empty());
    until("old tokens are revoked", || async {
        (instance.made() > 4 && instance.workspace.live_tokens(ANN).len() <= 3).then_some(())
    })
    .await;
    let status = instance.status().await;
    assert_eq!(
        (&status["configured"], &status["valid"], &status["user"]),
        (&json!(true), &json!(true), &json!(ANN))
    );
    assert_eq!((&status["auth_mode"], &status["targets"][0]["outcome"]), (&json!("pat"), &json!("updated")));
    let state = read(&instance.ask("GET /api/app-state", ANN, "").await);
    assert!(state["last_rotation_time"].is_f64() && state["last_token_id"].is_string(), "{state}");

    let audit = instance.ask("GET /api/admin/audit", ANN, "").await;
    assert!(audit.body.contains("credentials.configure"), "{audit:?}");
    for text in [&status.to_string(), &state.to_string(), &audit.body, &instance.daemon.log()] {
        assert!(!has_token(text.as_bytes()), "{text}");
    }
}

/// The search that ends every daemon with a workspace is one that finds something.
#[tokio::test]
async fn a_token_that_is_left_behind_fails_a_test() {
    for place in [".coda/left", "crash.txt"] {
        let instance = Instance::start().await;
        let token = instance.workspace.person(ANN).token;
        std::fs::write(instance.daemon.home().join(place), token).unwrap();
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(instance)));
        let said = *ended.expect_err(place).downcast::<String>().unwrap();
        assert!(said.contains(place) && said.starts_with("a secret was left behind"), "{said}");
    }
}

/// B-38: the Python daemon revoked the newest of a person's tokens that was not its own.
#[tokio::test]
async fn of_several_tokens_none_is_revoked_that_is_not_proved_to_be_the_pasted_one() {
    let instance = Instance::with(with_opaque_ids(), &[]).await;
    let ann = instance.workspace.person(ANN);
    let laptop = instance.workspace.token(ANN, "laptop", Duration::from_secs(3600));
    instance.paste(&ann.token).await;
    instance.daemon.until_logged("left_alone").await;
    instance.until_made(3).await;
    assert!(instance.workspace.is_live(&laptop) && instance.workspace.is_live(&ann.token));
}

/// A workspace whose ids say nothing about the tokens.
fn with_opaque_ids() -> Workspace {
    let workspace = Workspace::start();
    workspace.change(|settings: &mut Settings| settings.tokens.id_is_hash = false);
    workspace
}

/// B-39: two calls at once raced, and both began a setup.
#[tokio::test]
async fn of_many_tokens_pasted_at_once_one_counts() {
    let instance = Instance::start().await;
    let ann = instance.workspace.person(ANN);
    let answers = futures_util::future::join_all((0..8).map(|_| instance.paste(&ann.token))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
    let again = instance.paste(&ann.token).await;
    assert_eq!((again.status, again.code().as_str()), (409, "already_configured"));
}

#[tokio::test]
async fn a_token_that_does_not_count_is_refused_with_what_to_do() {
    let instance = Instance::start().await;
    let empty = instance.paste("  ").await;
    assert_eq!((empty.status, empty.code().as_str()), (400, "token_required"));
    let unknown = instance.paste("dapi00000000000000000000000000000000").await;
    assert_eq!((unknown.status, unknown.code().as_str()), (400, "invalid_token"));

    instance.workspace.fault(Fault::on("GET /api/2.0/preview/scim/v2/Me").times(1).error(
        400,
        "BAD_REQUEST",
        "odd",
    ));
    let ann = instance.workspace.person(ANN);
    assert_eq!(instance.paste(&ann.token).await.code(), "invalid_token");
    assert_eq!(instance.paste(&ann.token).await.status, 200, "and the next one counts");
    let other = instance.ask("POST /api/configure-pat", "bob@example.com", "{\"token\":\"x\"}").await;
    assert_eq!((other.status, other.code().as_str()), (403, "forbidden"));
}

/// B-01: with a preset token the Python daemon never began to rotate.
#[tokio::test]
async fn a_preset_token_is_checked_when_the_workspace_answers_then_rotated_and_left_alive() {
    let workspace = Workspace::start();
    let ann = workspace.person(ANN);
    workspace.fault(Fault::on("GET /api/2.0/preview/scim/v2/Me").times(2).error(
        500,
        "INTERNAL_ERROR",
        "not yet",
    ));
    let variables = [("DATABRICKS_TOKEN", ann.token.as_str()), ("APP_OWNER_EMAIL", "")];
    let instance = Instance::with(workspace, &variables).await;
    instance.until_made(3).await;
    assert!(instance.workspace.is_live(&ann.token), "the next start needs it");
    // Whose token it is, is whose instance it is, when nobody else says so.
    let status = instance.until_state("valid").await;
    assert_eq!(status["user"], ANN);
    let state = read(&instance.ask("GET /api/app-state", ANN, "").await);
    assert_eq!(state["app_owner"], ANN);
}

#[tokio::test]
async fn a_killed_daemon_leaves_the_lease_to_the_next() {
    let instance = Instance::start().await;
    let ann = instance.workspace.person(ANN);
    instance.paste(&ann.token).await;
    instance.until_made(2).await;
    for _ in 0..2 {
        let old = instance.daemon.kill_daemon().await;
        until("another daemon", || async { instance.daemon.daemon_pid().filter(|pid| *pid != old) }).await;
        let made = instance.made();
        let status = instance.until_state("valid").await;
        assert_eq!(status["user"], ANN);
        instance.until_made(made + 2).await;
    }
    until("nothing is left but what is in use", || async {
        (instance.others().is_empty() && instance.workspace.live_tokens(ANN).len() <= 3).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_token_whose_coming_was_lost_is_revoked() {
    let instance = Instance::start().await;
    let ann = instance.workspace.person(ANN);
    instance.paste(&ann.token).await;
    instance.until_made(2).await;
    // It is made, and its answer never comes.
    let lost = Fault::on("POST /api/2.0/token/create").times(1).after_handler().reset();
    instance.workspace.fault(lost);
    let made = instance.made();
    instance.until_made(made + 3).await;
    until("the lost one is gone", || async {
        (instance.workspace.live_tokens(ANN).len() <= 3).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_is_kept_and_the_reason_shown() {
    let instance = Instance::start().await;
    let refuse = Fault::on("POST /api/2.0/token/create").always();
    instance.workspace.fault(refuse.error(403, "PERMISSION_DENIED", "tokens are switched off here"));
    let ann = instance.workspace.person(ANN);
    assert_eq!(instance.paste(&ann.token).await.status, 200);
    let status = instance.until_state("trouble").await;
    assert_eq!(
        (&status["valid"], &status["trouble"]),
        (&json!(true), &json!("tokens are switched off here"))
    );
    assert!(instance.workspace.is_live(&ann.token));
}

#[tokio::test]
async fn a_token_that_somebody_revoked_is_noticed_and_another_can_be_pasted() {
    let instance = Instance::start().await;
    let ann = instance.workspace.person(ANN);
    instance.paste(&ann.token).await;
    instance.until_made(2).await;
    // By hand, in the settings of the workspace.
    instance.workspace.fault(Fault::on("POST /api/2.0/token/create").always().error(
        403,
        "",
        "Invalid access token.",
    ));
    instance.until_state("expired").await;
    instance.workspace.clear_faults();
    let fresh = instance.workspace.token(ANN, "another", Duration::from_secs(600));
    assert_eq!(instance.paste(&fresh).await.status, 200);
    instance.until_state("valid").await;
}

#[tokio::test]
async fn whoever_provisions_leaves_a_token_with_a_secret() {
    let inject = async |instance: &Instance, secret: &str, token: &str| {
        let body = json!({ "token": token }).to_string();
        let headers = [
            ("Host", instance.daemon.address.as_str()),
            ("X-Coda-Bootstrap-Secret", secret),
            ("Content-Type", "application/json"),
        ];
        Wire::to(&instance.daemon).await.ask("POST /api/inject-pat", &headers, &body).await
    };
    let closed = Instance::start().await;
    assert_eq!(inject(&closed, "x", "y").await.status, 404);

    let open = Instance::with(Workspace::start(), &[("CODA_BOOTSTRAP_SECRET", "fleet-secret")]).await;
    let ann = open.workspace.person(ANN);
    assert_eq!(inject(&open, "wrong", &ann.token).await.status, 403);
    assert_eq!(inject(&open, "fleet-secret", "dapi0").await.status, 400);
    let answer = inject(&open, "fleet-secret", &ann.token).await;
    assert_eq!((answer.status, &read(&answer)["user"]), (200, &json!(ANN)));
    open.until_made(2).await;
}

#[tokio::test]
async fn the_service_principal_works_without_anybody_s_token() {
    let workspace = Workspace::start();
    let robot = workspace.robot("ann-1");
    let variables = [
        ("CODA_USE_M2M", "true"),
        ("DATABRICKS_CLIENT_ID", robot.client_id.as_str()),
        ("DATABRICKS_CLIENT_SECRET", robot.client_secret.as_str()),
    ];
    let instance = Instance::with(workspace, &variables).await;
    let status = instance.until_state("valid").await;
    assert_eq!(status["auth_mode"], "sp_oauth");
    let refused = instance.paste("dapi0").await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "service_principal"));
    assert!(instance.daemon.log().contains("CODA_USE_M2M"), "the warning");
    assert_eq!(instance.made(), 0);
}

#[tokio::test]
async fn on_one_machine_there_is_no_workspace_and_no_token_is_asked_for() {
    let daemon = Daemon::start().await;
    let (status, body) = daemon.get("/api/pat-status").await;
    assert_eq!((status, &body["auth_mode"], &body["state"]), (200, &json!("none"), &json!("none")));
    let (status, body) = daemon.post("/api/configure-pat", json!({ "token": "x" })).await;
    assert_eq!((status, &body["code"]), (409, &json!("no_workspace")));
}
