//! The catalogue: every step there is, from the files in `config/` and a person's own.
//!
//! `setup.toml` has one `[[step]]` each; a person's file may add steps, and change any key of one that is there by
//! naming its `id`. Each agent's file has an `[install]` table, which is a step, too.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use toml::{Table, Value};

use super::step::{Run, Step, TOKEN, Toggle, WORKSPACE};

/// What is wrong with a catalogue: names the file and the step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    #[error("{file} is not valid TOML: {why}")]
    Toml { file: String, why: String },
    #[error("{file}: every [[step]] needs an `id` of small letters, digits and `-`")]
    NoId { file: String },
    #[error("{file}: step `{id}`: {why}")]
    Step { file: String, id: String, why: String },
    #[error("step `{id}` needs `{need}`, and there is no such step; name one of {known}")]
    UnknownNeed { id: String, need: String, known: String },
    #[error("the steps {} need each other in a circle; take one of the needs away", .0.join(" → "))]
    Circle(Vec<String>),
    #[error(
        "step `{id}` would say that it is done with nothing to show for it; give `produces`, or a `check`"
    )]
    NoProduct { id: String },
}

/// A file of steps, or of one agent.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

/// An agent as far as the setup knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The name of its file.
    pub id: String,
    pub label: String,
    pub binary: String,
}

/// All steps, in an order in which each comes after those that it needs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    pub steps: Vec<Step>,
    pub agents: Vec<Agent>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    label: Option<String>,
    #[serde(default)]
    needs: Vec<String>,
    toggle: Option<String>,
    #[serde(default)]
    in_lab: bool,
    #[serde(default = "minutes")]
    timeout_seconds: u64,
    #[serde(default = "twice")]
    retries: u32,
    #[serde(default)]
    produces: Vec<String>,
    run: Run,
}

fn minutes() -> u64 {
    300
}

fn twice() -> u32 {
    2
}

impl Catalogue {
    /// `steps`: files of steps, the later over the earlier. `agents`: one file each; of two with one id the later.
    pub fn read(steps: &[Source<'_>], agents: &[Source<'_>]) -> Result<Catalogue, CatalogueError> {
        let mut tables: Vec<(String, Table)> = Vec::new();
        for source in steps {
            merge(&mut tables, source)?;
        }
        let mut catalogue = Catalogue::default();
        let own: Vec<Step> =
            tables.into_iter().map(|(file, table)| step(&file, table)).collect::<Result<_, _>>()?;
        for source in agents {
            let (agent, steps) = agent(source)?;
            catalogue.agents.retain(|other| other.id != agent.id);
            let old = [agent.id.clone(), configuring(&agent.id)];
            catalogue.steps.retain(|other| !old.contains(&other.id));
            catalogue.agents.push(agent);
            catalogue.steps.extend(steps);
        }
        // A step of the same id in a person's file is about how the agent comes here.
        catalogue.steps.retain(|step| own.iter().all(|other| other.id != step.id));
        catalogue.steps.extend(own);
        catalogue.order()?;
        Ok(catalogue)
    }

    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// Puts a word about what is wrong before everything else.
    pub fn complain(&mut self, why: String) {
        self.steps.insert(0, complaint(why));
    }

    /// Sorts: each step after what it needs, and else as they were written.
    fn order(&mut self) -> Result<(), CatalogueError> {
        let ids: Vec<String> = self.steps.iter().map(|step| step.id.clone()).collect();
        for step in &self.steps {
            let known = |need: &&String| ids.contains(need) || [TOKEN, WORKSPACE].contains(&need.as_str());
            if let Some(need) = step.needs.iter().find(|need| !known(need)) {
                let (id, need) = (step.id.clone(), need.clone());
                return Err(CatalogueError::UnknownNeed { id, need, known: ids.join(", ") });
            }
        }
        let mut waiting = std::mem::take(&mut self.steps);
        let mut done: BTreeSet<String> = [TOKEN, WORKSPACE].map(str::to_owned).into();
        while !waiting.is_empty() {
            let ready = waiting.iter().position(|step| step.needs.iter().all(|need| done.contains(need)));
            let Some(ready) = ready else { return Err(CatalogueError::Circle(circle(&waiting))) };
            let step = waiting.remove(ready);
            done.insert(step.id.clone());
            self.steps.push(step);
        }
        Ok(())
    }
}

/// Of steps that cannot be ordered: those that go in a circle.
fn circle(steps: &[Step]) -> Vec<String> {
    let next = |id: &str| {
        let step = steps.iter().find(|step| step.id == id)?;
        step.needs.iter().find(|need| steps.iter().any(|step| step.id == **need)).cloned()
    };
    let mut path: Vec<String> = steps.first().map(|step| step.id.clone()).into_iter().collect();
    while let Some(following) = path.last().and_then(|id| next(id)) {
        if let Some(first) = path.iter().position(|id| *id == following) {
            path.drain(..first);
            path.push(following);
            break;
        }
        path.push(following);
    }
    path
}

fn complaint(why: String) -> Step {
    Step {
        id: "catalogue".to_owned(),
        label: "Reading the catalogue of the setup".to_owned(),
        needs: Vec::new(),
        toggle: None,
        timeout: Duration::from_secs(1),
        retries: 0,
        produces: Vec::new(),
        run: Run::Wrong { why },
    }
}

fn merge(tables: &mut Vec<(String, Table)>, source: &Source<'_>) -> Result<(), CatalogueError> {
    let file = || source.name.to_owned();
    let whole = table(source)?;
    if let Some(key) = whole.keys().find(|key| *key != "step") {
        let why = format!("unknown key `{key}`; steps begin with [[step]]");
        return Err(CatalogueError::Toml { file: file(), why });
    }
    for given in whole.get("step").and_then(Value::as_array).into_iter().flatten() {
        let given = given.as_table().ok_or_else(|| CatalogueError::NoId { file: file() })?;
        let id = given.get("id").and_then(Value::as_str).filter(|id| is_id(id));
        let id = id.ok_or_else(|| CatalogueError::NoId { file: file() })?;
        let there = tables.iter_mut().find(|(_, table)| table.get("id").and_then(Value::as_str) == Some(id));
        match there {
            Some((name, table)) => {
                *name = file();
                lay_over(table, given);
            }
            None => tables.push((file(), given.clone())),
        }
    }
    Ok(())
}

/// Key by key; another kind of step is taken whole.
fn lay_over(table: &mut Table, given: &Table) {
    for (key, value) in given {
        match (table.get_mut(key), value) {
            (Some(Value::Table(old)), Value::Table(new))
                if new.get("kind").is_none_or(|kind| old.get("kind") == Some(kind)) =>
            {
                lay_over(old, new);
            }
            _ => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}

fn table(source: &Source<'_>) -> Result<Table, CatalogueError> {
    let wrong = |error: toml::de::Error| CatalogueError::Toml {
        file: source.name.to_owned(),
        why: error.message().replace('\n', ", "),
    };
    source.text.parse::<Table>().map_err(wrong)
}

fn is_id(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&id.len()) && id.bytes().all(fits) && ![TOKEN, WORKSPACE].contains(&id)
}

fn step(file: &str, table: Table) -> Result<Step, CatalogueError> {
    let id = table.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let wrong = |why: String| CatalogueError::Step { file: file.to_owned(), id: id.clone(), why };
    let written: Written =
        table.try_into().map_err(|error: toml::de::Error| wrong(error.message().replace('\n', ", ")))?;
    if written.timeout_seconds == 0 || written.timeout_seconds > 24 * 60 * 60 {
        return Err(wrong("`timeout_seconds` must be from 1 to 86400".to_owned()));
    }
    if matches!(&written.run, Run::Command(command) if command.command.is_empty()) {
        return Err(wrong("`command` names no program".to_owned()));
    }
    let mut produces = written.produces;
    if produces.is_empty() {
        produces = written.run.product();
    }
    if produces.is_empty() && written.run.must_produce() {
        return Err(CatalogueError::NoProduct { id });
    }
    Ok(Step {
        label: written.label.unwrap_or_else(|| written.id.clone()),
        id: written.id,
        needs: written.needs,
        toggle: written.toggle.map(|name| Toggle { name, in_lab: written.in_lab }),
        timeout: Duration::from_secs(written.timeout_seconds),
        retries: written.retries,
        produces,
        run: written.run,
    })
}

/// An agent, and the steps that install and configure it, as far as it has any. What its other tables say is not ours.
fn agent(source: &Source<'_>) -> Result<(Agent, Vec<Step>), CatalogueError> {
    let name = source.name.rsplit('/').next().unwrap_or(source.name);
    let id = name.strip_suffix(".toml").unwrap_or(name).to_owned();
    let wrong = |why: &str| CatalogueError::Step {
        file: source.name.to_owned(),
        id: id.clone(),
        why: why.to_owned(),
    };
    if !is_id(&id) {
        return Err(CatalogueError::NoId { file: source.name.to_owned() });
    }
    let mut file = table(source)?;
    let label = file.get("label").and_then(Value::as_str).unwrap_or(&id).to_owned();
    let install = match file.remove("install") {
        None => None,
        Some(Value::Table(install)) => Some(install),
        Some(_) => return Err(wrong("`install` must be a table")),
    };
    let named = file.get("binary").and_then(Value::as_str).map(str::to_owned);
    let step = install.map(|install| step(source.name, laid_out(&id, &label, install))).transpose()?;
    let binary = step.as_ref().and_then(|step| step.run.binary()).map(str::to_owned).or(named);
    let binary = binary.unwrap_or_else(|| id.clone());
    let has_files =
        ["file", "mcp", "trust", "skills", "instructions"].iter().any(|key| file.contains_key(*key));
    let configure = has_files.then(|| configure(&id, &label, step.as_ref()));
    Ok((Agent { id, label, binary }, step.into_iter().chain(configure).collect()))
}

/// The step that writes an agent's files.
fn configuring(id: &str) -> String {
    format!("{id}-config")
}

/// It is on when the agent is, and waits for the token because that says what is served.
fn configure(id: &str, label: &str, install: Option<&Step>) -> Step {
    let needs = [WORKSPACE, TOKEN].map(str::to_owned).into_iter();
    Step {
        id: configuring(id),
        label: format!("Configuring {label}"),
        needs: needs.chain(install.map(|install| install.id.clone())).collect(),
        toggle: install.and_then(|install| install.toggle.clone()),
        timeout: Duration::from_secs(60),
        retries: 2,
        produces: Vec::new(),
        run: Run::Configure { agent: id.to_owned() },
    }
}

/// `[install]` has the keys of a step and those of its `run` side by side.
fn laid_out(id: &str, label: &str, install: Table) -> Table {
    const STEP: [&str; 6] = ["needs", "toggle", "in_lab", "timeout_seconds", "retries", "produces"];
    let (mut table, run): (Table, Table) =
        install.into_iter().partition(|(key, _)| STEP.contains(&key.as_str()));
    table.insert("id".to_owned(), id.into());
    table.insert("label".to_owned(), format!("Installing {label}").into());
    table.insert("run".to_owned(), Value::Table(run));
    table
}

#[cfg(test)]
mod tests;
