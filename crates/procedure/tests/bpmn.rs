//! Every procedure as BPMN, judged by programs of others: bpmn-moddle and bpmnlint read it, and SpiffWorkflow carries it
//! out to the ends to which our engine comes.

mod hall;
mod walk;

use hall::CATALOGUE;
use procedure::{Status, StepKind, bpmn, tasks};
use serde_json::json;
use std::{fmt::Write, path::Path, process::Command as Program, sync::Arc};
use walk::{Run, in_seat};

/// Runs of each procedure.
const RUNS: usize = 14;

fn judges() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/judges")
}

fn exported() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for procedure in CATALOGUE.newest() {
        let text = bpmn::export(procedure, CATALOGUE.references());
        std::fs::write(folder.path().join(format!("{}.bpmn", procedure.id)), text).unwrap();
    }
    folder
}

/// One run of our engine: forward with the seed's choices and some returns, then straight on to an end.
fn carried(procedure: &Arc<procedure::Procedure>, seed: usize) -> Run {
    let mut run = Run::open(procedure, seed);
    let mut turn = seed;
    for round in 0..200 {
        if run.case.status != Status::Open {
            break;
        }
        let returns = run.step().returns.clone();
        if round < 10 && turn % 6 == 5 && !returns.is_empty() && run.step().kind != StepKind::Ballot {
            let seat = tasks::holders(&run.procedure, &run.case).into_iter().next().unwrap();
            let to = returns[turn % returns.len()].clone();
            let back = procedure::Command::Return { to, reason: "Bổ sung".into() };
            run.act(&in_seat(&seat), &back).unwrap();
        } else if round < 10 && turn % 7 == 6 && run.case.due.is_some() {
            run.now = run.now.max(run.case.due.unwrap()).plus_seconds(1);
            run.act(&kernel::Actor::System("timer"), &procedure::Command::Tick).unwrap();
        } else {
            run.work(if round < 40 { turn } else { round });
        }
        turn = (turn.wrapping_mul(1_103_515_245).wrapping_add(12_345 + seed) >> 8) % 1_000_003;
    }
    assert_eq!(run.case.status, Status::Closed, "{}", procedure.id);
    run
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test finds its judges in the environment")]
fn spiffworkflow_comes_to_the_same_ends() {
    let Ok(python) = std::env::var("DIENHONG_PYTHON") else {
        eprintln!("skipped: DIENHONG_PYTHON does not name a Python with SpiffWorkflow");
        return;
    };
    let folder = exported();
    let id = |key: &str| format!("step_{}", key.replace(['-', '.'], "_"));
    let mut lines = String::new();
    for procedure in CATALOGUE.newest() {
        let kind = |key: &str| procedure.step(key).map(|step| step.kind);
        let goes_on = |key: &str| procedure.step(key).is_some_and(|s| s.subcase.as_ref().is_some_and(|c| !c.wait));
        let passed: Vec<String> = procedure.steps.iter().filter(|s| goes_on(&s.key)).map(|s| id(&s.key)).collect();
        for seed in 0..RUNS {
            let run = carried(procedure, seed);
            let last = run.left.last().map(|(step, _)| step.as_str()).unwrap_or_default();
            let steps: Vec<_> = run.left.iter().map(|(step, facts)| json!([id(step), facts])).collect();
            let walk = json!({
                "process": bpmn::process_id(&procedure.id), "steps": steps, "end": id(&run.case.step),
                "outcome": run.case.outcome, "passed": passed, "plain": kind(last) != Some(StepKind::Subcase),
            });
            writeln!(lines, "{walk}").unwrap();
        }
    }
    std::fs::write(folder.path().join("walks.jsonl"), lines).unwrap();
    let done = Program::new(python).arg(judges().join("spiff_runs.py")).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
    println!("{said}");
}

#[test]
fn bpmn_moddle_reads_every_file_and_bpmnlint_finds_no_error() {
    if !judges().join("../node_modules/bpmnlint").exists() {
        eprintln!("skipped: tests/node_modules has no bpmnlint (run tests/prerequisites)");
        return;
    }
    let folder = exported();
    let done = Program::new("node").arg(judges().join("bpmn_lint.mjs")).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
    println!("{said}");
}
