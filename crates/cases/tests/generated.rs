//! Every procedure from its opening to each of its ends, at the services, on both engines: generated actors take every
//! way that the declaration gives, with real papers, signatures, numbers, ballots and effects.

mod crowd;
mod house;

use cases::{CaseView, Opinion};
use crowd::Crowd;
use house::{content, pdf};
use kernel::{BodyId, CaseId, Ctx, Grade};
use procedure::{Command, Guard, Procedure, Status, Step, StepKind, TaskKind, model::Outcome};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use testkit::Db;

/// What is done at a step: everything that can lead on differently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Move {
    /// The step is done, with an outcome where it has some.
    Do(Option<String>),
    /// Everybody gives the last answer.
    Disagree,
    /// Nobody does anything until the deadline has passed.
    Late,
    /// The ballot or vote passes, or not.
    Verdict(bool),
    /// The other case ends so.
    Sub(Ending),
    /// The case is returned.
    Return(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    Done,
    Refused,
    Withdrawn,
}

impl Ending {
    fn of(outcome: Outcome) -> Ending {
        match outcome {
            Outcome::Done => Ending::Done,
            Outcome::Refused => Ending::Refused,
            Outcome::Withdrawn => Ending::Withdrawn,
        }
    }
}

/// Where each move of a procedure led.
#[derive(Default)]
struct Seen {
    ways: BTreeMap<(String, Move), BTreeSet<String>>,
}

/// Longest run.
const MAX_MOVES: usize = 120;
/// Most runs of one procedure.
const MAX_RUNS: usize = 14;

struct Runs {
    crowd: Crowd,
    seen: BTreeMap<String, Seen>,
    moves: usize,
    cases: usize,
}

testkit::on_both_engines! {
    async fn every_procedure_takes_each_of_its_ways_to_an_end(db: Db) {
        let crowd = Crowd::gathered(&db).await;
        let mut procedures: Vec<Arc<Procedure>> = crowd.house.cases.catalogue().newest().cloned().collect();
        // Those that open others come last, so that the ways of the others are known.
        procedures.sort_by_key(|p| p.steps.iter().filter(|s| s.subcase.is_some()).count());
        let mut runs = Runs { crowd, seen: BTreeMap::new(), moves: 0, cases: 0 };
        let mut wanting = Vec::new();
        for procedure in &procedures {
            for turn in 0..MAX_RUNS {
                if turn > 0 && runs.untaken(procedure).is_empty() {
                    break;
                }
                runs.run(procedure, turn, &db).await;
            }
            wanting.extend(runs.untaken(procedure).into_iter().map(|way| format!("{}: {way}", procedure.id)));
        }
        assert!(wanting.is_empty(), "ways that no run took: {wanting:#?}");
        println!("{} procedures, {} cases, {} moves", procedures.len(), runs.cases, runs.moves);
        let mut findings = Vec::new();
        let journal = &runs.crowd.house.journal;
        journal.verify(&mut |report| if let journal::Report::Finding(finding) = report { findings.push(finding) }).await.unwrap();
        assert!(findings.is_empty(), "{findings:?}");
    }
}

impl Runs {
    /// The ways (rules and returns) that no run has taken yet.
    fn untaken(&self, procedure: &Procedure) -> Vec<String> {
        let seen = self.seen.get(&procedure.id);
        let went = |step: &Step, to: &str| {
            seen.is_some_and(|seen| seen.ways.iter().any(|((from, _), ways)| *from == step.key && ways.contains(to)))
        };
        let returned = |step: &Step, to: &str| {
            seen.is_some_and(|seen| seen.ways.contains_key(&(step.key.clone(), Move::Return(to.to_owned()))))
        };
        let mut left = Vec::new();
        for step in &procedure.steps {
            left.extend(step.next.iter().filter(|r| !went(step, &r.to)).map(|r| format!("{} → {}", step.key, r.to)));
            left.extend(step.returns.iter().filter(|to| !returned(step, to)).map(|to| format!("{} ← {to}", step.key)));
        }
        left
    }

    fn steps_with_untaken(&self, procedure: &Procedure) -> BTreeSet<String> {
        self.untaken(procedure).iter().filter_map(|way| Some(way.split_once(" →")?.0.to_owned())).collect()
    }

    async fn run(&mut self, procedure: &Arc<Procedure>, turn: usize, db: &Db) {
        let fields = self.crowd.opening(procedure, turn).await;
        let seat = match procedure.first_step().owners.first().map(ToString::to_string) {
            Some(owner) => bound(&owner, &fields),
            None => panic!("{} begins with nobody's work", procedure.id),
        };
        let ctx = self.crowd.in_seat(&seat).await;
        let cases = self.crowd.house.cases.clone();
        let opened = cases.open(&ctx, &procedure.id, "Hồ sơ chạy thử", Grade::Open, fields, "").await;
        let id = opened.unwrap_or_else(|why| panic!("{} does not open: {why:?}", procedure.id)).case;
        self.cases += 1;
        self.carry_to_an_end(&id, turn, None, db).await;
    }

    /// Takes a case to an end; to this one where one is wanted and known.
    async fn carry_to_an_end(&mut self, id: &CaseId, turn: usize, wanted: Option<Ending>, db: &Db) {
        let mut documents = 0;
        let mut made: BTreeMap<(String, Move), u32> = BTreeMap::new();
        let mut seeking = true;
        for _ in 0..MAX_MOVES {
            let view = self.view(id).await;
            assert!(view.documents.len() >= documents, "{}: a document is lost", view.procedure.id);
            documents = view.documents.len();
            if view.state.status == Status::Closed {
                assert!(view.tasks.is_empty() && view.possible.is_empty());
                return;
            }
            let mut chosen = self.choose(&view, wanted, seeking);
            let again = made.entry((view.state.step.clone(), chosen.clone())).or_default();
            *again += 1;
            // A way that the answers of this opening form bar is not tried for ever.
            if *again > 3 && seeking {
                seeking = false;
                chosen = self.choose(&view, wanted, seeking);
            }
            self.moves += 1;
            if self.moves.is_multiple_of(10) {
                self.figures_agree_with_the_cases().await;
            }
            let what = format!("{} at {}: {chosen:?}", view.procedure.id, view.state.step);
            self.make(&view, &chosen, turn, db).await.unwrap_or_else(|why| panic!("{what}: {why:?}"));
            let after = self.view(id).await;
            assert!(after.version > view.version, "{what}: nothing happened");
            let seen = self.seen.entry(view.procedure.id.clone()).or_default();
            let passed = after.state.visits.get(view.state.visits.len()).map_or(&after.state.step, |visit| &visit.step);
            seen.ways.entry((view.state.step.clone(), chosen)).or_default().insert(passed.clone());
            // Steps that nobody works at are passed in the same move.
            for pair in after.state.visits.get(view.state.visits.len()..).unwrap_or_default().windows(2) {
                let way = (pair[0].step.clone(), Move::Do(None));
                seen.ways.entry(way).or_default().insert(pair[1].step.clone());
            }
        }
        let view = self.view(id).await;
        let way: Vec<&str> = view.state.visits.iter().map(|visit| visit.step.as_str()).collect();
        panic!("{} comes to no end in {MAX_MOVES} moves: {way:?}", view.procedure.id);
    }

    /// The running counts of the fields are what counting the cases gives.
    async fn figures_agree_with_the_cases(&self) {
        let reader = self.crowd.house.journal.reader();
        let counted = "SELECT work, procedure, step, COUNT(*) AS waiting, COUNT(due) AS timed FROM case_file \
                       WHERE status = 'open' AND closed_to_others = 0 GROUP BY work, procedure, step \
                       ORDER BY work, procedure, step";
        let kept = "SELECT s.work, s.procedure, s.step, s.waiting, CAST(COALESCE((SELECT SUM(d.waiting) FROM work_due d \
                    WHERE d.work = s.work AND d.procedure = s.procedure AND d.step = s.step), 0) AS BIGINT) AS timed \
                    FROM work_step s WHERE s.waiting <> 0 ORDER BY s.work, s.procedure, s.step";
        let (counted, kept) = (reader.rows(counted, &[]).await.unwrap(), reader.rows(kept, &[]).await.unwrap());
        assert_eq!(kept, counted);
    }

    async fn view(&self, id: &CaseId) -> CaseView {
        let reader = self.crowd.house.system("seed");
        self.crowd.house.cases.case(&reader, id).await.unwrap()
    }

    /// A move that was not made yet; else the first of those that lead to one, or to the wanted end, soonest.
    fn choose(&self, view: &CaseView, wanted: Option<Ending>, seeking: bool) -> Move {
        let procedure = &view.procedure;
        let here = view.state.step.as_str();
        let seen = self.seen.get(&procedure.id);
        let known = |step: &str, made: &Move| seen.and_then(|seen| seen.ways.get(&(step.to_owned(), made.clone())));
        let all = |step: &str| procedure.step(step).map(|step| self.moves_at(procedure, step)).unwrap_or_default();
        let opinion = view.state.asked.is_empty();
        if wanted.is_none()
            && seeking
            && let Some(new) =
                all(here).into_iter().find(|made| known(here, made).is_none() && !(opinion && *made == Move::Disagree))
        {
            return new;
        }
        // A rule about the opening form: the same move leads on another way in another turn.
        let untaken: BTreeSet<String> = if seeking { self.steps_with_untaken(procedure) } else { BTreeSet::new() };
        let goal = |step: &str| {
            let end = procedure.step(step).and_then(|step| step.outcome);
            match wanted {
                Some(wanted) => end.is_some_and(|end| Ending::of(end) == wanted),
                None => all(step).iter().any(|made| known(step, made).is_none() && *made != Move::Disagree),
            }
        };
        let end = |step: &str| procedure.step(step).is_some_and(|step| step.kind == StepKind::End);
        let nearest = if seeking || wanted.is_some() { self.nearest(view, &goal) } else { None };
        if nearest.is_none() && wanted.is_none() && untaken.contains(here) {
            return self.onward(view);
        }
        let nearest = nearest.or_else(|| self.nearest(view, &|step| untaken.contains(step)));
        let back = nearest.or_else(|| self.nearest(view, &end));
        back.unwrap_or_else(|| self.onward(view))
    }

    /// Some move that does not return the case, another one each time.
    fn onward(&self, view: &CaseView) -> Move {
        let step = view.procedure.step(&view.state.step).unwrap();
        let on = self.moves_at(&view.procedure, step).into_iter().filter(|made| !matches!(made, Move::Return(_)));
        let on: Vec<Move> = on.filter(|made| *made != Move::Disagree || !view.state.asked.is_empty()).collect();
        on[view.state.visits.len() % on.len()].clone()
    }

    /// The first move on the shortest known way to a step.
    fn nearest(&self, view: &CaseView, goal: &dyn Fn(&str) -> bool) -> Option<Move> {
        let ways = &self.seen.get(&view.procedure.id)?.ways;
        let mut reached: BTreeMap<&str, Move> = BTreeMap::new();
        let mut open: Vec<&str> = vec![&view.state.step];
        while !open.is_empty() {
            let mut next = Vec::new();
            for from in open {
                for ((_, made), to) in ways.iter().filter(|((step, _), _)| step == from) {
                    for to in to {
                        let first = reached.get(from).cloned().unwrap_or_else(|| made.clone());
                        if goal(to) {
                            return Some(first);
                        }
                        if !reached.contains_key(to.as_str()) {
                            reached.insert(to, first);
                            next.push(to.as_str());
                        }
                    }
                }
            }
            open = next;
        }
        None
    }

    /// What can be done at a step.
    fn moves_at(&self, procedure: &Procedure, step: &Step) -> Vec<Move> {
        let asks = |question: fn(&Guard) -> bool| {
            step.next.iter().filter_map(|rule| rule.when.as_ref()).flat_map(Guard::each).any(question)
        };
        let mut moves: Vec<Move> = step.returns.iter().cloned().map(Move::Return).collect();
        match step.kind {
            StepKind::End => return moves,
            StepKind::Work if !step.outcomes.is_empty() => {
                moves.extend(step.outcomes.iter().map(|choice| Move::Do(Some(choice.code.clone()))));
            }
            StepKind::Ballot | StepKind::Vote => moves.extend([Move::Verdict(false), Move::Verdict(true)]),
            StepKind::Subcase => {
                let other = step.subcase.as_ref().and_then(|spec| {
                    let today = self.crowd.house.journal.clock().now().day();
                    self.crowd.house.cases.catalogue().valid_on(&spec.procedure, today).cloned()
                });
                let ends: BTreeSet<Ending> =
                    other.iter().flat_map(|other| &other.steps).filter_map(|s| s.outcome).map(Ending::of).collect();
                moves.extend(ends.into_iter().map(Move::Sub));
            }
            _ => moves.push(Move::Do(None)),
        }
        if asks(|guard| matches!(guard, Guard::Opinions(_))) {
            moves.push(Move::Disagree);
        }
        let closes = matches!(step.kind, StepKind::Ballot | StepKind::Opinion);
        if step.deadline.is_some() && (closes || asks(Guard::mentions_deadline)) {
            moves.push(Move::Late);
        }
        let _ = procedure;
        moves
    }

    async fn make(&mut self, view: &CaseView, made: &Move, turn: usize, db: &Db) -> Result<(), kernel::Problem> {
        let step = view.procedure.step(&view.state.step).unwrap().clone();
        let cases = self.crowd.house.cases.clone();
        match made {
            Move::Late => {
                if let Some(due) = view.state.due {
                    let now = self.crowd.house.journal.clock().now();
                    db.clock.set(now.max(due).plus_seconds(1));
                }
                return cases.tick(&view.id).await;
            }
            Move::Return(to) => {
                let seat = view.tasks.iter().flat_map(|task| &task.seats).chain(&view.state.seats).next().unwrap();
                let ctx = self.crowd.in_seat(seat).await;
                let back = Command::Return { to: to.clone(), reason: "Bổ sung hồ sơ".into() };
                return cases.command(&ctx, &view.id, view.version, back, "").await.map(drop);
            }
            Move::Sub(ending) => {
                let child = view.state.subcases.last().and_then(|subcase| subcase.case.clone()).unwrap();
                let parent = self.view(&child).await.state.parent.expect("it knows who opened it");
                assert_eq!((parent.case, parent.step), (view.id.clone(), step.key.clone()));
                Box::pin(self.carry_to_an_end(&child, turn, Some(*ending), db)).await;
                let workers = cases.workers();
                self.crowd.house.journal.run_due_jobs(&workers).await?;
                return Ok(());
            }
            _ => {}
        }
        let seats: Vec<(TaskKind, String)> =
            view.tasks.iter().map(|task| (task.kind.clone(), task.seats[0].clone())).collect();
        let mut version = view.version;
        for (kind, seat) in seats {
            version = self.task(view, &step, version, &kind, &seat, made, turn).await?;
            if self.view(&view.id).await.state.visits.len() != view.state.visits.len() {
                break;
            }
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "a task with all that answers it")]
    async fn task(
        &mut self,
        view: &CaseView,
        step: &Step,
        version: i64,
        kind: &TaskKind,
        seat: &str,
        made: &Move,
        turn: usize,
    ) -> Result<i64, kernel::Problem> {
        let cases = self.crowd.house.cases.clone();
        let id = &view.id;
        let done = match kind {
            TaskKind::Work => {
                let ctx = self.crowd.in_seat(seat).await;
                return self.work(&ctx, view, step, version, made, turn).await;
            }
            TaskKind::Opinion(body) => {
                let ctx = self.crowd.in_seat(seat).await;
                let spec = step.opinion.as_ref().unwrap();
                let at = if *made == Move::Disagree { spec.answers.len() - 1 } else { 0 };
                let opinion = Opinion {
                    body: BodyId::new(body.as_str()).unwrap(),
                    answer: spec.answers[at].code.clone(),
                    text: "Ý kiến của cơ quan.".into(),
                    document: spec.document.as_ref().map(|_| pdf()),
                };
                cases.give_opinion(&ctx, id, version, opinion, "").await?
            }
            TaskKind::Ballot => {
                let ctx = self.crowd.signing(seat).await;
                let answers = &step.ballot.as_ref().unwrap().answers;
                let answer = if *made == Move::Verdict(true) { &answers[0] } else { &answers[1] };
                cases.cast_ballot(&ctx, id, version, &answer.code, "", "").await?
            }
            TaskKind::Vote => {
                let ctx = self.crowd.in_seat(seat).await;
                let first = step.ballot.as_ref().unwrap().answers[0].code.clone();
                let in_favour = if *made == Move::Verdict(true) { 446 } else { 100 };
                let command = Command::RecordVote { answers: BTreeMap::from([(first, in_favour)]), all: 473 };
                cases.command(&ctx, id, version, command, "").await?
            }
            TaskKind::Sign(key) => {
                let ctx = self.crowd.signing(seat).await;
                cases.sign(&ctx, id, version, key, "").await?
            }
            TaskKind::Issue(key) => {
                let ctx = self.crowd.in_seat(seat).await;
                cases.issue(&ctx, id, version, key, "").await?
            }
            TaskKind::Publish(key) => {
                let ctx = self.crowd.in_seat(seat).await;
                cases.publish(&ctx, id, version, key, "").await?
            }
            TaskKind::Subcase => return Ok(version),
        };
        Ok(done.version)
    }

    async fn work(
        &mut self,
        ctx: &Ctx,
        view: &CaseView,
        step: &Step,
        mut version: i64,
        made: &Move,
        turn: usize,
    ) -> Result<i64, kernel::Problem> {
        let cases = self.crowd.house.cases.clone();
        for key in step.writes.iter().filter(|key| !view.state.documents.contains_key(*key)) {
            let written = view.procedure.document(key).is_some_and(|spec| spec.paper.is_some());
            let body = if written { records::NewBody::Text(content()) } else { pdf() };
            version = cases.add_document(ctx, &view.id, version, key, "", body, "").await?.version;
        }
        let fields = self.crowd.fill(&step.fields, turn).await;
        let outcome = match made {
            Move::Do(outcome) => outcome.clone(),
            _ => None,
        };
        let command = Command::Complete { step: step.key.clone(), fields, outcome };
        Ok(cases.command(ctx, &view.id, version, command, "").await?.version)
    }
}

/// A seat as declared, with the fields of the case in it.
fn bound(owner: &str, fields: &serde_json::Map<String, serde_json::Value>) -> String {
    let Some((before, rest)) = owner.split_once('{') else { return owner.to_owned() };
    let key = rest.trim_end_matches('}');
    format!("{before}{}", fields[key].as_str().unwrap())
}
