//! Makes ready what an agent needs before it is launched, and finds the place where it is to work.

use std::path::{Path, PathBuf};

use super::driver::{Launch, NotLaunched};
use super::settings::TasksSettings;
use crate::actors::store::{ReadTask, TaskPapers};
use crate::domain::tasks::{Body, Earlier, Envelope, Order, Refusal, Task, TaskId, compose};
use crate::os::random;

/// The folder of skills below home, and how many of them are named.
const SKILLS: &str = ".claude/skills";
const MOST_SKILLS: usize = 100;

/// Writes the prompt and says how to launch the agent. `earlier`: the task from which this goes on, if it is still
/// there.
pub(super) async fn prepare(
    settings: &TasksSettings,
    task: Task,
    earlier: Option<Task>,
) -> Result<Launch, NotLaunched> {
    let command = settings.commands.get(&task.order.agent).cloned();
    let command =
        command.ok_or_else(|| NotLaunched::Never(format!("{} is not set up any more", task.order.agent)))?;
    let body = papers(settings, &task.id).await?.body;
    let body = body.ok_or_else(|| NotLaunched::Never("its prompt is lost".to_owned()))?;
    let earlier = match earlier {
        Some(earlier) => Some(told(settings, &earlier).await?),
        None => None,
    };
    let mark = random::token().map_err(|error| NotLaunched::Later(error.to_string()))?;
    let settings = settings.clone();
    let written =
        tokio::task::spawn_blocking(move || write(&settings, &task, &body, earlier.as_ref(), &mark));
    let (prompt, cwd, task) = written
        .await
        .map_err(|error| NotLaunched::Later(error.to_string()))?
        .map_err(|error| NotLaunched::Later(format!("its folder could not be made: {error}")))?;
    let label: String = format!("task: {}", task.order.summary).chars().take(200).collect();
    Ok(Launch { command: filled(&command, &prompt), cwd, label })
}

async fn papers(settings: &TasksSettings, id: &TaskId) -> Result<TaskPapers, NotLaunched> {
    let read = settings.store.send(ReadTask(id.clone())).await;
    let read = read.map_err(|_| NotLaunched::Later("the store does not answer".to_owned()))?;
    read.map_err(|error| NotLaunched::Later(error.to_string()))
}

async fn told(settings: &TasksSettings, earlier: &Task) -> Result<Earlier, NotLaunched> {
    Ok(Earlier {
        task: earlier.id.clone(),
        session_id: earlier.run.session_id.clone(),
        status: earlier.status(),
        asked: earlier.order.summary.clone(),
        result: papers(settings, &earlier.id).await?.result,
    })
}

/// Blocks on the disk. The prompt's path, and the directory to work in.
fn write(
    settings: &TasksSettings,
    task: &Task,
    body: &Body,
    earlier: Option<&Earlier>,
    mark: &str,
) -> std::io::Result<(PathBuf, String, Task)> {
    let (folder, skills) = (settings.files.folder(&task.id), skills(&settings.home));
    let envelope = Envelope {
        task: &task.id,
        session_id: &task.run.session_id,
        owner: &task.owner,
        prompt: &body.prompt,
        context: body.context.as_ref(),
        earlier,
        settled: if task.run.number > 1 { &task.settled } else { &[] },
        workflow_protocol: task.order.workflow_protocol,
        permissions: task.order.permissions,
        workspace: settings.workspace,
        skills: &skills,
        folder: &folder.display().to_string(),
        mark,
    };
    settings.files.prepare(&task.id, task.run.number, &compose(&envelope))?;
    let cwd = task.order.cwd.clone().unwrap_or_else(|| settings.home.display().to_string());
    Ok((settings.files.prompt(&task.id), cwd, task.clone()))
}

/// The agent is given the prompt's place, not the prompt: that may be longer than a command line, and looks like options
/// if it wants to.
fn filled(command: &[String], prompt: &Path) -> Vec<String> {
    let file = prompt.display().to_string();
    let pointer = format!("Read the file {file} and do what it says, all of it. It tells you how to report.");
    command.iter().map(|part| part.replace("{prompt_file}", &file).replace("{prompt}", &pointer)).collect()
}

fn skills(home: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(home.join(SKILLS)).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).take(MOST_SKILLS).collect();
    names.sort();
    names
}

/// The directory that an order is for: what it names, else `~/projects`, else home. Blocks on the disk.
pub(super) fn place(home: &Path, mut order: Order) -> Result<Order, Refusal> {
    let projects = home.join("projects");
    let wanted = match order.cwd.as_deref() {
        None if projects.is_dir() => projects,
        None => home.to_owned(),
        Some("~") => home.to_owned(),
        Some(named) => {
            named.strip_prefix("~/").map_or_else(|| projects.join(named), |below| home.join(below))
        }
    };
    if !wanted.is_dir() {
        let what = format!("there is no directory {}; make it, or name another as cwd", wanted.display());
        return Err(Refusal::Place(what));
    }
    order.cwd = Some(wanted.display().to_string());
    Ok(order)
}
