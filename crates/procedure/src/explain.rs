//! Rules in words: one sentence in Vietnamese and one in English for everything that decides something.

use crate::{
    guard::{Answers, Guard, Verdict},
    model::{Deadline, FieldKind, Moment, Outcome, Owner, Procedure, Rule, Step, StepKind, Text},
    references::References,
    state::DocumentStage,
};
use serde_json::Value;

fn both(vi: impl Into<String>, en: impl Into<String>) -> Text {
    Text { vi: vi.into(), en: en.into() }
}

/// A guard as a condition: `phiếu lấy ý kiến đạt quá nửa tổng số thành viên tán thành`.
pub fn guard(procedure: &Procedure, step: &Step, guard: &Guard) -> Text {
    match guard {
        Guard::Outcome(code) => {
            let label = step.outcomes.iter().find(|o| o.code == *code).map(|o| o.label.clone()).unwrap_or_default();
            both(format!("chọn “{}”", label.vi), format!("“{}” is chosen", label.en))
        }
        Guard::Ballot(verdict) => ballot(step, *verdict),
        Guard::Opinions(answers) => opinions(*answers),
        Guard::DeadlinePassed(true) => both("đã hết hạn", "the deadline has passed"),
        Guard::DeadlinePassed(false) => both("chưa hết hạn", "the deadline has not passed"),
        Guard::Document(document) => {
            let name = procedure.document(&document.key).map(|d| d.title.clone()).unwrap_or_default();
            let stage = stage(document.stage);
            both(format!("{} {}", name.vi, stage.vi), format!("{} {}", name.en, stage.en))
        }
        Guard::Field(field) => self::field(procedure, field),
        Guard::GradeAtLeast(grade) => both(
            format!("độ mật từ “{}” trở lên", grade.vietnamese()),
            format!("the secrecy grade is at least {}", grade.level()),
        ),
        Guard::Subcase(Outcome::Done) => both("hồ sơ con hoàn thành", "the sub-case ended with success"),
        Guard::Subcase(Outcome::Refused) => both("hồ sơ con không được chấp thuận", "the sub-case was refused"),
        Guard::Subcase(Outcome::Withdrawn) => both("hồ sơ con bị rút", "the sub-case was withdrawn"),
        Guard::All(guards) => joined(procedure, step, guards, (" và ", " and ")),
        Guard::Any(guards) => joined(procedure, step, guards, (" hoặc ", " or ")),
        Guard::Not(inner) => {
            let inner = self::guard(procedure, step, inner);
            both(format!("không phải: {}", inner.vi), format!("not: {}", inner.en))
        }
    }
}

fn joined(procedure: &Procedure, step: &Step, guards: &[Guard], word: (&str, &str)) -> Text {
    let parts: Vec<Text> = guards.iter().map(|g| guard(procedure, step, g)).collect();
    let join = |pick: fn(&Text) -> &str, word: &str| parts.iter().map(pick).collect::<Vec<_>>().join(word);
    both(join(|t| &t.vi, word.0), join(|t| &t.en, word.1))
}

fn ballot(step: &Step, verdict: Verdict) -> Text {
    let rule = step.ballot.as_ref().map(|b| b.threshold.explain()).unwrap_or_default();
    let name = match step.kind {
        StepKind::Vote => ("biểu quyết", "the vote"),
        _ => ("phiếu lấy ý kiến", "the written ballot"),
    };
    match verdict {
        Verdict::Passed => both(format!("{} đạt {}", name.0, rule.vi), format!("{} reaches {}", name.1, rule.en)),
        Verdict::Failed => {
            both(format!("{} không đạt {}", name.0, rule.vi), format!("{} does not reach {}", name.1, rule.en))
        }
    }
}

fn opinions(answers: Answers) -> Text {
    match answers {
        Answers::AllGiven => both("mọi cơ quan được hỏi đã có ý kiến", "every body asked has given its opinion"),
        Answers::AllAgree => both("mọi cơ quan được hỏi đều nhất trí", "every body asked agrees"),
        Answers::AnyDisagrees => both("có cơ quan không nhất trí", "at least one body disagrees"),
        Answers::MostAgree => both("quá nửa số cơ quan được hỏi nhất trí", "more than half of the bodies asked agree"),
    }
}

fn stage(stage: DocumentStage) -> Text {
    match stage {
        DocumentStage::Draft => both("đã có", "is there"),
        DocumentStage::Final => both("đã hoàn chỉnh", "is settled"),
        DocumentStage::Signed => both("đã ký", "is signed"),
        DocumentStage::Issued => both("đã ban hành", "is issued"),
        DocumentStage::Published => both("đã công bố", "is published"),
    }
}

fn field(procedure: &Procedure, guard: &crate::guard::FieldGuard) -> Text {
    let found = procedure.any_field(&guard.key);
    let label = found.map(|f| f.label.clone()).unwrap_or_default();
    if let Some(is) = &guard.is {
        let value = match (found.map(|f| &f.kind), is) {
            (Some(FieldKind::Choice { options }), Value::String(code)) => {
                options.iter().find(|o| o.code == *code).map(|o| o.label.clone()).unwrap_or_default()
            }
            (_, Value::String(text)) => both(text.clone(), text.clone()),
            (_, Value::Bool(true)) => both("có", "yes"),
            (_, Value::Bool(false)) => both("không", "no"),
            (_, other) => both(other.to_string(), other.to_string()),
        };
        return both(format!("“{}” là “{}”", label.vi, value.vi), format!("“{}” is “{}”", label.en, value.en));
    }
    if let Some(least) = guard.at_least {
        return both(format!("“{}” từ {least} trở lên", label.vi), format!("“{}” is at least {least}", label.en));
    }
    match guard.filled {
        Some(false) => both(format!("không có “{}”", label.vi), format!("there is no “{}”", label.en)),
        _ => both(format!("có “{}”", label.vi), format!("there is a “{}”", label.en)),
    }
}

/// A rule as a sentence: `Nếu … thì chuyển sang bước “Ký”.`
pub fn rule(procedure: &Procedure, step: &Step, rule: &Rule) -> Text {
    let to = procedure.step(&rule.to).map(|s| s.title.clone()).unwrap_or_default();
    let ends = procedure.step(&rule.to).is_some_and(|s| s.kind == StepKind::End);
    let go = if ends {
        both(format!("hồ sơ kết thúc: “{}”", to.vi), format!("the case ends: “{}”", to.en))
    } else {
        both(format!("chuyển sang bước “{}”", to.vi), format!("the case goes to “{}”", to.en))
    };
    match &rule.when {
        Some(when) => {
            let when = guard(procedure, step, when);
            both(format!("Nếu {} thì {}.", when.vi, go.vi), format!("If {}, {}.", when.en, go.en))
        }
        None if step.next.len() == 1 => both(format!("Xong thì {}.", go.vi), format!("When it is done, {}.", go.en)),
        None => both(format!("Các trường hợp khác thì {}.", go.vi), format!("Otherwise {}.", go.en)),
    }
}

/// A deadline: `trong 10 ngày làm việc kể từ khi mở hồ sơ`.
pub fn deadline(procedure: &Procedure, deadline: &Deadline) -> Text {
    let unit = if deadline.working { ("ngày làm việc", "working days") } else { ("ngày", "days") };
    let event = match &deadline.from {
        Moment::Opened => both("khi mở hồ sơ", "the opening of the case"),
        Moment::Entered => both("khi đến bước này", "the case coming to this step"),
        Moment::Left(key) => {
            let title = procedure.step(key).map(|s| s.title.clone()).unwrap_or_default();
            both(format!("khi xong bước “{}”", title.vi), format!("the end of “{}”", title.en))
        }
        Moment::Field(key) => {
            let label = procedure.any_field(key).map(|f| f.label.clone()).unwrap_or_default();
            both(format!("“{}”", label.vi), format!("“{}”", label.en))
        }
    };
    if deadline.before {
        both(
            format!("chậm nhất {} {} trước {}", deadline.days, unit.0, event.vi),
            format!("at least {} {} before {}", deadline.days, unit.1, event.en),
        )
    } else {
        both(
            format!("trong {} {} kể từ {}", deadline.days, unit.0, event.vi),
            format!("within {} {} of {}", deadline.days, unit.1, event.en),
        )
    }
}

/// Who owns a step: `Văn thư, Vụ Hành chính`.
pub fn owner(procedure: &Procedure, references: &References, owner: &Owner) -> Text {
    let field = |key: &str| procedure.any_field(key).map(|f| f.label.clone()).unwrap_or_default();
    match owner {
        Owner::Person { field: key } => {
            let label = field(key);
            both(format!("người nêu tại “{}”", label.vi), format!("the person named in “{}”", label.en))
        }
        Owner::System { duty } => {
            let name = references.duties.get(duty).cloned().unwrap_or_else(|| both(duty.clone(), duty.clone()));
            both(format!("chương trình ({})", name.vi), format!("the program ({})", name.en))
        }
        Owner::Position { position, body } => {
            let (code, body) = match body {
                crate::model::BodyRef::Code(code) => {
                    let name = references.body(code).cloned().unwrap_or_else(|| both(code.clone(), code.clone()));
                    (code.as_str(), name)
                }
                crate::model::BodyRef::Field(key) => {
                    let label = field(key);
                    ("", both(format!("cơ quan nêu tại “{}”", label.vi), format!("the body named in “{}”", label.en)))
                }
            };
            let exact = references.positions.get(&format!("{position}@{code}"));
            match exact {
                Some(name) => name.clone(),
                None => {
                    let name = references.position(position, code).cloned();
                    let name = name.unwrap_or_else(|| both(position.clone(), position.clone()));
                    both(format!("{}, {}", name.vi, body.vi), format!("{}, {}", name.en, body.en))
                }
            }
        }
    }
}

/// Everything about a step in sentences, in the order of reading: who, what, needed documents, deadline, rules.
pub fn step(procedure: &Procedure, references: &References, step: &Step) -> Vec<Text> {
    let mut out = Vec::new();
    let names = |keys: &[String]| {
        let titles: Vec<Text> = keys.iter().filter_map(|k| procedure.document(k)).map(|d| d.title.clone()).collect();
        both(
            titles.iter().map(|t| t.vi.as_str()).collect::<Vec<_>>().join(", "),
            titles.iter().map(|t| t.en.as_str()).collect::<Vec<_>>().join(", "),
        )
    };
    if !step.owners.is_empty() {
        let who: Vec<Text> = step.owners.iter().map(|o| owner(procedure, references, o)).collect();
        out.push(both(
            format!("Người thực hiện: {}.", who.iter().map(|t| t.vi.as_str()).collect::<Vec<_>>().join(" hoặc ")),
            format!("Done by: {}.", who.iter().map(|t| t.en.as_str()).collect::<Vec<_>>().join(" or ")),
        ));
    }
    if !step.needs.is_empty() {
        let names = names(&step.needs);
        out.push(both(format!("Phải có: {}.", names.vi), format!("Needed: {}.", names.en)));
    }
    if let Some(spec) = &step.ballot {
        let rule = spec.threshold.explain();
        out.push(both(format!("Thông qua khi {}.", rule.vi), format!("Adopted with {}.", rule.en)));
    }
    if let Some(spec) = &step.subcase {
        let waits = if spec.wait {
            ("hồ sơ này chờ kết quả", "this case waits for its end")
        } else {
            ("hồ sơ này đi tiếp ngay", "this case goes on at once")
        };
        out.push(both(
            format!("Mở hồ sơ con theo quy trình “{}”; {}.", spec.name.vi, waits.0),
            format!("Opens a sub-case under “{}”; {}.", spec.name.en, waits.1),
        ));
    }
    if let Some(d) = &step.deadline {
        let words = deadline(procedure, d);
        let mark = if d.source.verified { ("", "") } else { (" (chưa kiểm chứng)", " (not verified)") };
        out.push(both(format!("Thời hạn: {}{}.", words.vi, mark.0), format!("Deadline: {}{}.", words.en, mark.1)));
    }
    for key in &step.returns {
        let title = procedure.step(key).map(|s| s.title.clone()).unwrap_or_default();
        out.push(both(
            format!("Có thể trả lại bước “{}”, có nêu lý do.", title.vi),
            format!("May be returned to “{}” with a reason.", title.en),
        ));
    }
    out.extend(step.next.iter().map(|r| rule(procedure, step, r)));
    out
}

/// The questions of a guard, each as a condition with whether it holds in this case: why a rule leads on or not.
pub fn why(
    procedure: &Procedure,
    step: &Step,
    guard: &Guard,
    state: &crate::CaseState,
    outcome: Option<&str>,
) -> Vec<(Text, bool)> {
    match guard {
        Guard::All(guards) | Guard::Any(guards) => {
            guards.iter().flat_map(|inner| why(procedure, step, inner, state, outcome)).collect()
        }
        Guard::Not(inner) => why(procedure, step, inner, state, outcome),
        one => vec![(self::guard(procedure, step, one), one.holds(step, state, outcome))],
    }
}
