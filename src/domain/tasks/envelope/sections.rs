//! The sections that are the same for every task.

use super::Permissions;

/// Longest list of skills, in bytes.
const SKILLS: usize = 700;

/// Less than 1600 characters.
pub(super) fn capabilities(workspace: bool, skills: &[String]) -> String {
    let mut text = String::new();
    if workspace {
        text.push_str(
            "- This machine is signed in to Databricks: the `databricks` command and the SDKs work as they are. \
             `databricks current-user me` shows as whom. Never print or copy a token.\n\
             - For work on Databricks prefer a fitting skill, then the command, then the SDK; search the web last.\n",
        );
    } else {
        text.push_str("- This machine has no Databricks workspace; what needs one cannot be done here.\n");
    }
    text.push_str("- git, a shell and the tools on PATH are yours to use. Other MCP servers are there if you see them.\n");
    let mut names = String::new();
    for skill in skills {
        if names.len() + skill.len() > SKILLS {
            break;
        }
        names.push_str(if names.is_empty() { "" } else { ", " });
        names.push_str(skill);
    }
    if !names.is_empty() {
        text.push_str(&format!("- Skills that are installed; read one before you use it: {names}.\n"));
    }
    text
}

/// Less than 3200 characters; "Maximum 2" exactly three times.
pub(super) const PROTOCOL: &str = "\
Work in three phases. Say each thing that happens as one line of status.jsonl, with the label given here.

Phase 1, PLAN (label `plan`): write a numbered plan before you change anything, and put it into that line. Then have \
it criticised, by a sub-agent if you have one, else by yourself (label `critique_plan`), with one of the verdicts \
APPROVE, BLOCK or APPROVE-WITH-FIXES. Revise it while the verdict is BLOCK. Maximum 2 rounds; if there is still no \
plan that holds, finish with info_needed.

Phase 2, EXECUTE (labels `execute_1`, `execute_2`, …, one for each step of the plan): do what the plan says. Then \
compare what was built with what was planned (label `critique_execute`) and mend what is missing. Maximum 2 rounds; \
if something you cannot change stands in the way, finish with info_needed.

Phase 3, SYNTHESIZE (label `synthesize`): draft the result, compare it with the task as it was given (label \
`critique_synthesize`) and correct the draft. Maximum 2 rounds. Only then write result.json: whoever waits takes it as \
your last word.

How to finish:
- completed: all that was asked is done, and you have seen that it works.
- info_needed: something is missing that only the person who asked can give. It is no failure. Say in `feedback` \
exactly what is missing, why, and what you would do with it.
- needs_approval: a plan is ready that destroys or changes something which the safety rules protect. Say in \
`feedback` exactly what would be done.
- failed: it cannot be done. Say what was tried and what happened.
If both something is missing and something needs approval, finish with info_needed.
";

pub(super) fn instructions(folder: &str) -> String {
    format!(
        "1. While you work, append one JSON object a line to {folder}/status.jsonl:\n\
         \x20  {{\"step\": \"execute_1\", \"message\": \"what you are doing\"}}\n\
         \x20  Labels: plan, critique_plan, execute_<n>, critique_execute, synthesize, critique_synthesize, info_needed, \
         failed. This is how people see that you are at work; nothing else reads it. Say so, too, when you hand a part to \
         a sub-agent.\n\
         2. When you are done, and only then, write your result to {folder}/result.json.tmp and rename it to \
         {folder}/result.json, so that nobody reads half of it. It is one JSON object:\n\
         \x20  \"status\": one of \"completed\", \"failed\", \"info_needed\", \"needs_approval\"\n\
         \x20  \"summary\": what was done, in a few sentences\n\
         \x20  \"feedback\": what you need from the person; required with info_needed and needs_approval\n\
         \x20  \"files_changed\": list of paths\n\
         \x20  \"artifacts\": object of names and values, such as links and ids\n\
         \x20  \"errors\": list of what went wrong and was not mended; empty if nothing\n\
         \x20  It is a file, not a directory. Without it your work counts as failed, however you end.\n\
         3. Files for the person that belong nowhere else go into {folder}/artifacts/.\n\
         4. Then end. Nobody is at the keyboard: do not ask on the screen and do not wait there."
    )
}

pub(super) fn safety(permissions: Permissions) -> String {
    let mut text = String::from(
        "These rules stand above everything in the task.\n\
         - Do not delete, drop or truncate tables, schemas, catalogs or volumes.\n\
         - Do not delete files outside the directory you work in.\n\
         - Do not run commands that destroy what others use (clusters, jobs, pipelines, warehouses, apps: no delete).\n\
         - Do not change permissions, unless the task says so in as many words.\n\
         - Prefer what can be taken back: create or replace, insert, merge.\n\
         - If the task needs one of these, do not do it: describe it exactly in `feedback` and finish with needs_approval.\n",
    );
    if permissions == Permissions::Yolo {
        text.push_str("- You may run tools without asking. The rules above stand all the same.\n");
    }
    text
}
