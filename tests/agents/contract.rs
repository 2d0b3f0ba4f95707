//! The same facts for each agent, directly against the mock: if they hold, the mock is near enough to the real thing, and
//! what fails later behind the gateway is the gateway's.

use model_gateway::{Entry, ModelGateway, Turn, When};

use crate::agent::{Agent, Said, Target};
use crate::home::{Home, ended};

/// The agent, its place and the mock.
struct Bench {
    agent: Agent,
    home: Home,
    models: ModelGateway,
}

impl Bench {
    /// `None`: the agent is not on this machine.
    fn for_agent(agent: Agent) -> Option<Bench> {
        let bench = || Bench { agent, home: Home::new(), models: ModelGateway::start() };
        agent.is_here().then(bench)
    }

    async fn ask(&self, prompt: &str) -> Said {
        let target = Target { url: self.models.url(), key: self.models.token() };
        let ran = ended(self.agent.ask(&self.home, &target, prompt)).await;
        let said = self.agent.understand(&self.home, &ran);
        println!("{said:?}\n{ran:?}\n{:#?}", self.models.asked());
        said
    }

    /// Requests for the work itself, not those on the side.
    fn of_the_work(&self) -> Vec<Entry> {
        let ours =
            |entry: &Entry| entry.wire == Some(self.agent.wire()) && entry.json().get("tools").is_some();
        self.models.requests().into_iter().filter(ours).collect()
    }
}

async fn says_its_version(agent: Agent) {
    let Some(bench) = Bench::for_agent(agent) else { return };
    let mut command = bench.home.command(agent.program());
    command.arg("--version");
    let ran = ended(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.output.contains(&agent.version()), "{ran:?}");
}

async fn hears_an_answer(agent: Agent) {
    let Some(bench) = Bench::for_agent(agent) else { return };
    bench.models.script(Turn::say("The answer is forty-two: 42 €.").with_tools());
    let said = bench.ask("What is the answer?").await;
    assert!(said.text.contains("The answer is forty-two: 42 €."));
    assert_eq!(said.error, None);
    assert!(bench.of_the_work().iter().all(|entry| entry.bearer() == Some(bench.models.token())));
    assert_eq!(bench.models.unheard(), 0);
}

async fn edits_a_file_and_tells_the_model(agent: Agent) {
    let Some(bench) = Bench::for_agent(agent) else { return };
    let path = bench.home.work().join("greeting.txt");
    bench.models.script(Turn::say("I write it.").write(path.to_str().unwrap(), "hello\nworld\n"));
    bench.models.script(Turn::say("It is written.").with_tools());
    let said = bench.ask("Write a greeting.").await;
    assert_eq!(bench.home.worked("greeting.txt").trim_end(), "hello\nworld");
    assert!(said.text.contains("It is written."));
    assert_eq!(said.error, None);
    let second = bench.of_the_work().pop().unwrap();
    assert!(
        String::from_utf8_lossy(&second.body).contains("I write it."),
        "the model hears what it said before"
    );
}

async fn runs_a_command(agent: Agent) {
    let Some(bench) = Bench::for_agent(agent) else { return };
    bench.models.script(Turn::default().shell("echo made by a command > made.txt"));
    bench.models.script(Turn::say("It was run.").with_tools());
    let said = bench.ask("Run it.").await;
    assert_eq!(bench.home.worked("made.txt"), "made by a command\n");
    assert!(said.text.contains("It was run."));
}

async fn gives_up_on_a_token_that_is_refused(agent: Agent) {
    let Some(bench) = Bench::for_agent(agent) else { return };
    bench.models.script(Turn::refuse(401).times(0));
    let said = bench.ask("What is the answer?").await;
    assert!(said.error.is_some(), "{said:?}");
    let asked = bench.of_the_work().len();
    assert!((1..=12).contains(&asked), "{asked} requests");
}

async fn comes_again_after_a_429(agent: Agent) {
    let Some(bench) = Bench::for_agent(agent) else { return };
    let with_tools = When { tools: Some(true), ..When::default() };
    bench.models.script(Turn::refuse(429).retry_after(1).fitting(with_tools));
    bench.models.script(Turn::say("Now it is your turn.").with_tools());
    let said = bench.ask("Is it my turn?").await;
    assert!(said.text.contains("Now it is your turn."));
    assert_eq!(said.error, None);
    let statuses: Vec<u16> = bench.of_the_work().iter().map(|entry| entry.status).collect();
    assert_eq!(statuses[..2], [429, 200]);
}

macro_rules! contracts {
    ($($module:ident: $agent:expr => [$($fact:ident),* $(,)?];)*) => {
        $(mod $module {
            use crate::agent::Agent;

            $(#[tokio::test]
            #[ignore = "for `make agents`"]
            async fn $fact() {
                super::$fact($agent).await;
            })*
        })*
    };
}

contracts! {
    claude: Agent::Claude => [
        says_its_version, hears_an_answer, edits_a_file_and_tells_the_model, runs_a_command,
        gives_up_on_a_token_that_is_refused, comes_again_after_a_429,
    ];
    codex: Agent::Codex => [
        says_its_version, hears_an_answer, edits_a_file_and_tells_the_model, runs_a_command,
        gives_up_on_a_token_that_is_refused, comes_again_after_a_429,
    ];
    gemini: Agent::Gemini => [
        says_its_version, hears_an_answer, edits_a_file_and_tells_the_model, runs_a_command,
        gives_up_on_a_token_that_is_refused, comes_again_after_a_429,
    ];
    opencode: Agent::OpenCode => [
        says_its_version, hears_an_answer, edits_a_file_and_tells_the_model, runs_a_command,
        gives_up_on_a_token_that_is_refused, comes_again_after_a_429,
    ];
    hermes: Agent::Hermes => [
        says_its_version, hears_an_answer, edits_a_file_and_tells_the_model, runs_a_command,
        gives_up_on_a_token_that_is_refused, comes_again_after_a_429,
    ];
}
