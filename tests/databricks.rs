//! The client of the workspace against the emulator: every API, every shape of failure, every rule of trying again.

use std::time::Duration;

use coda::databricks::oauth::Machine;
use coda::databricks::permissions::{Grant, Principal};
use coda::databricks::{Address, Class, Credential, Failure, Workspace, grants};
use coda::domain::secret::Secret;
use workspace::{Effect, Fault, RetryAfter, Settings};

const ME: &str = "GET /api/2.0/preview/scim/v2/Me";

/// The emulator, a client, and Ann's token.
struct Place {
    emulator: workspace::Workspace,
    client: Workspace,
    ann: Secret,
}

impl Place {
    fn new() -> Place {
        Place::with(Settings::default())
    }

    fn with(settings: Settings) -> Place {
        let emulator = workspace::Workspace::with(settings);
        let client = Workspace::new(Address::parse(emulator.url()).unwrap()).unwrap();
        let ann = Secret::new(emulator.person("ann@example.com").token);
        Place { emulator, client, ann }
    }

    async fn me(&self) -> Result<String, Failure> {
        self.client.me(&self.ann).await.map(|person| person.user_name)
    }

    fn asked(&self, wanted: &str) -> usize {
        self.emulator.asked().iter().filter(|asked| asked.starts_with(wanted)).count()
    }

    fn machine(&self) -> Machine {
        let robot = self.emulator.robot("the-app");
        Machine::new(self.client.clone(), robot.client_id, Secret::new(robot.client_secret))
    }
}

fn class<T>(answer: Result<T, Failure>) -> Class {
    match answer {
        Ok(_) => panic!("that must fail"),
        Err(failure) => failure.class,
    }
}

#[tokio::test]
async fn people_and_tokens() {
    let place = Place::new();
    assert_eq!(place.me().await.unwrap(), "ann@example.com");
    let made = place.client.create_token(&place.ann, "mine", Duration::from_secs(900)).await.unwrap();
    assert_eq!(made.about.expiry_time - made.about.creation_time, 900_000);
    assert_eq!(place.client.me(&made.token).await.unwrap().user_name, "ann@example.com");
    let listed = place.client.tokens(&made.token).await.unwrap();
    assert!(listed.iter().any(|token| token.token_id == made.about.token_id && token.comment == "mine"));
    place.client.revoke_token(&place.ann, &made.about.token_id).await.unwrap();
    place.client.revoke_token(&place.ann, &made.about.token_id).await.expect("gone is gone");
    assert_eq!(class(place.client.me(&made.token).await), Class::Unauthenticated);
    let user_agent = format!("coda/{}", env!("CARGO_PKG_VERSION"));
    assert!(place.emulator.requests().iter().all(|entry| entry.user_agent.as_deref() == Some(&user_agent)));
}

#[tokio::test]
async fn the_service_principal_gets_bearers_and_keeps_them() {
    let place = Place::new();
    let machine = place.machine();
    let (one, two) = (machine.bearer().await.unwrap(), machine.bearer().await.unwrap());
    assert_eq!(one, two, "one is enough while it lives");
    assert!(!place.client.me(&machine).await.unwrap().user_name.is_empty());
    let other = machine.another(one.clone()).await.unwrap();
    assert_ne!(one, other, "another after a refusal");

    let wrong = Machine::new(place.client.clone(), "nobody".into(), Secret::new("nothing"));
    let failure = wrong.bearer().await.unwrap_err();
    assert_eq!((failure.class, failure.code.as_deref()), (Class::Unauthenticated, Some("invalid_client")));
}

#[tokio::test]
async fn a_short_bearer_is_not_used_to_its_end() {
    let mut settings = Settings::default();
    settings.oauth.lifetime = 30;
    let place = Place::with(settings);
    let machine = place.machine();
    let one = machine.bearer().await.unwrap();
    assert_ne!(one, machine.bearer().await.unwrap(), "30 s are less than the margin");
}

#[tokio::test]
async fn a_refused_bearer_is_replaced_exactly_once() {
    let place = Place::new();
    let machine = place.machine();
    machine.bearer().await.unwrap();
    place.emulator.fault(Fault::on(ME).times(1).effect(Effect::DeadToken));
    assert!(place.client.me(&machine).await.is_ok(), "with another bearer");
    place.emulator.fault(Fault::on(ME).always().effect(Effect::DeadToken));
    place.emulator.forget_requests();
    assert_eq!(class(place.client.me(&machine).await), Class::Unauthenticated);
    assert_eq!(place.asked(ME), 2, "not over and over");
}

#[tokio::test]
async fn what_time_may_help_is_tried_again_and_nothing_else() {
    for (effect, tries) in [
        (Fault::on(ME).error(503, "TEMPORARILY_UNAVAILABLE", "x"), 2),
        (Fault::on(ME).error(500, "INTERNAL_ERROR", "x"), 2),
        (Fault::on(ME).rate_limited(RetryAfter::Absent), 2),
        (Fault::on(ME).rate_limited(RetryAfter::Seconds(1)), 2),
        (Fault::on(ME).rate_limited(RetryAfter::Date(1)), 2),
        (Fault::on(ME).rate_limited(RetryAfter::Nonsense), 2),
        (Fault::on(ME).reset(), 2),
        (Fault::on(ME).effect(Effect::Half), 2),
        (Fault::on(ME).effect(Effect::Html { status: 502 }), 2),
    ] {
        let place = Place::new();
        place.emulator.fault(effect.clone().times(1));
        assert_eq!(place.me().await.as_deref(), Ok("ann@example.com"), "{effect:?}");
        assert_eq!(place.asked(ME), tries, "{effect:?}");
    }
    for (effect, expected) in [
        (Fault::on(ME).error(400, "BAD_REQUEST", "x"), Class::Invalid),
        (Fault::on(ME).error(403, "PERMISSION_DENIED", "x"), Class::Forbidden),
        (Fault::on(ME).error(404, "NOT_FOUND", "x"), Class::Missing),
        (Fault::on(ME).effect(Effect::DeadToken), Class::Unauthenticated),
        (Fault::on(ME).effect(Effect::LoginPage), Class::NotAnApi),
        (Fault::on(ME).effect(Effect::LoginRedirect), Class::NotAnApi),
        (Fault::on(ME).effect(Effect::Truncated), Class::NotAnApi),
    ] {
        let place = Place::new();
        place.emulator.fault(effect.clone().times(1));
        assert_eq!(class(place.me().await), expected, "{effect:?}");
        assert_eq!(place.asked(ME), 1, "{effect:?}");
    }
}

/// A token that was made twice would be one that nobody knows of.
#[tokio::test]
async fn what_may_have_been_done_is_not_done_twice() {
    let create = "POST /api/2.0/token/create";
    for effect in
        [Fault::on(create).after_handler().reset(), Fault::on(create).after_handler().error(500, "", "")]
    {
        let place = Place::new();
        place.emulator.fault(effect.times(1));
        let failure = place.client.create_token(&place.ann, "x", Duration::from_secs(60)).await.unwrap_err();
        assert!(failure.perhaps_done, "{failure:?}");
        assert_eq!(place.asked(create), 1);
    }
    let place = Place::new();
    place.emulator.fault(Fault::on(create).times(1).rate_limited(RetryAfter::Seconds(0)));
    assert!(
        place.client.create_token(&place.ann, "x", Duration::from_secs(60)).await.is_ok(),
        "that was refused"
    );
}

#[tokio::test]
async fn a_pause_beyond_the_deadline_is_not_waited_for() {
    let place = Place::new();
    place.emulator.fault(Fault::on(ME).always().rate_limited(RetryAfter::Seconds(86_400)));
    assert_eq!(class(place.me().await), Class::TooMany(Some(Duration::from_secs(86_400))));
    assert_eq!(place.asked(ME), 1);
}

#[tokio::test]
async fn a_workspace_that_is_not_there_is_unreachable() {
    let client = Workspace::new(Address::parse("http://127.0.0.1:1").unwrap()).unwrap();
    let failure = client.me(&Secret::new("x")).await.unwrap_err();
    assert_eq!((failure.class, failure.perhaps_done), (Class::Unreachable, false));
}

#[tokio::test]
async fn apps_and_who_may_use_them() {
    let place = Place::new();
    let admin = Secret::new(place.emulator.admin().token.clone());
    let app = place.client.create_app(&admin, "coda-ann", "owner:ann@example.com").await.unwrap();
    assert_eq!((app.name.as_str(), app.description.as_str()), ("coda-ann", "owner:ann@example.com"));
    assert_eq!(class(place.client.create_app(&admin, "coda-ann", "").await), Class::Exists);
    let apps = place.client.apps(&admin).await.unwrap();
    assert!(apps.iter().any(|app| app.name == "coda-ann" && app.creator == place.emulator.admin().email));
    let may_use = [Grant { to: Principal::User("ann@example.com".into()), permission_level: "CAN_USE" }];
    place.client.permit(&admin, "apps", "coda-ann", &may_use).await.unwrap();
    let entries = place.client.permissions(&admin, "apps", "coda-ann").await.unwrap();
    let ann = entries.iter().find(|entry| entry.user_name == "ann@example.com").unwrap();
    assert_eq!(ann.all_permissions[0].permission_level, "CAN_USE");
    place.client.delete_app(&admin, "coda-ann").await.unwrap();
    assert_eq!(class(place.client.app(&admin, "nothing").await), Class::Missing);
}

#[tokio::test]
async fn every_page_of_a_list_is_read_empty_ones_too() {
    let place = Place::with(Settings { empty_pages: true, ..Settings::default() });
    let admin = Secret::new(place.emulator.admin().token.clone());
    for name in ["one", "two", "three"] {
        place.client.create_app(&admin, name, "").await.unwrap();
    }
    assert_eq!(place.client.apps(&admin).await.unwrap().len(), 3);
}

#[tokio::test]
async fn privileges_in_the_catalog_and_principals_that_are_too_new() {
    let place = Place::new();
    let admin = Secret::new(place.emulator.admin().token.clone());
    place.emulator.securable("volume", "main.coda.files");
    let change = |principal: &str| grants::Change { principal: principal.into(), add: vec!["READ_VOLUME"] };
    place.client.grant(&admin, "volume", "main.coda.files", &[change("ann@example.com")]).await.unwrap();
    let granted = place.client.grants(&admin, "volume", "main.coda.files").await.unwrap();
    assert!(granted.iter().any(|to| to.principal == "ann@example.com" && to.privileges == ["READ_VOLUME"]));
    let unknown = place.client.grant(&admin, "volume", "main.coda.files", &[change("0-0-0")]).await;
    assert_eq!(class(unknown), Class::Unknown);
    let missing =
        place.client.grant(&admin, "volume", "main.coda.nothing", &[change("ann@example.com")]).await;
    assert_eq!(class(missing), Class::Missing);
}

#[tokio::test]
async fn secrets() {
    let place = Place::new();
    let (client, ann) = (&place.client, &place.ann);
    client.create_secret_scope(ann, "mine").await.unwrap();
    client.create_secret_scope(ann, "mine").await.expect("it is there");
    client.put_secret(ann, "mine", "key", &Secret::new("wärme")).await.unwrap();
    assert_eq!(client.secret(ann, "mine", "key").await.unwrap().expose(), "wärme");
    client.permit_secret_scope(ann, "mine", "users", "READ").await.unwrap();
    assert_eq!(class(client.secret(ann, "mine", "nothing").await), Class::Missing);
    let bodies: Vec<String> = place.emulator.requests().iter().map(|entry| format!("{entry:?}")).collect();
    assert!(!bodies.concat().contains(ann.expose()), "not even the emulator tells a token");
}

#[tokio::test]
async fn files_and_folders() {
    let place = Place::new();
    let (client, ann) = (&place.client, &place.ann);
    let path = "/Users/ann@example.com/deep/er/notes ü.txt";
    client.write_file(ann, path, "one".into(), false).await.expect("the folder is made");
    assert_eq!(class(client.write_file(ann, path, "two".into(), false).await), Class::Exists);
    client.write_file(ann, path, "three".into(), true).await.unwrap();
    assert_eq!(client.read_file(ann, path).await.unwrap(), "three");
    let listed = client.list_folder(ann, "/Users/ann@example.com/deep/er").await.unwrap();
    assert_eq!(listed.len(), 1);
    assert!(client.object(ann, path).await.unwrap().is_some());
    client.delete(ann, "/Users/ann@example.com/deep", true).await.unwrap();
    client.delete(ann, "/Users/ann@example.com/deep", true).await.expect("gone is gone");
    assert_eq!(client.object(ann, path).await.unwrap(), None);
}

#[tokio::test]
async fn models_and_experiments() {
    let place = Place::new();
    let (client, ann) = (&place.client, &place.ann);
    assert!(client.serving_endpoints(ann).await.unwrap().iter().any(|endpoint| endpoint.is_ready()));
    client.make_folder(ann, "/Users/ann@example.com").await.unwrap();
    let id = client.experiment(ann, "/Users/ann@example.com/coda").await.unwrap();
    assert_eq!(client.experiment(ann, "/Users/ann@example.com/coda").await.unwrap(), id);
}
