//! What changes from one version of a procedure to another, in sentences: `Bước “Xét duyệt”: hạn … → …`.
//!
//! Every difference gives at least one sentence, also one that this module has no words for yet.

use crate::{
    explain,
    model::{BallotSpec, Choice, DocumentSpec, Field, FieldKind, OpinionSpec, Owner, Procedure, Step, StepKind, Text},
    references::References,
};

fn both(vi: impl Into<String>, en: impl Into<String>) -> Text {
    Text { vi: vi.into(), en: en.into() }
}

/// The sentences, in the order of reading; empty when both say the same (but for version and file).
pub fn between(old: &Procedure, new: &Procedure, references: &References) -> Vec<Text> {
    let mut out = Sentences { old, new, references, out: Vec::new() };
    out.head();
    out.form();
    out.documents();
    out.steps();
    out.effects();
    if out.out.is_empty() {
        let same = Procedure { version: new.version, file: new.file.clone(), ..old.clone() };
        if same != *new {
            out.say("Văn bản quy trình thay đổi ở chi tiết khác.", "Other details of the procedure change.");
        }
    }
    out.out
}

struct Sentences<'a> {
    old: &'a Procedure,
    new: &'a Procedure,
    references: &'a References,
    out: Vec<Text>,
}

fn yes(value: bool) -> Text {
    if value { both("có", "yes") } else { both("không", "no") }
}

fn day(day: Option<kernel::Day>) -> Text {
    day.map_or_else(|| both("không định ngày", "no day"), |day| both(day.short(), day.short()))
}

fn plain(text: impl std::fmt::Display) -> Text {
    both(text.to_string(), text.to_string())
}

impl<'a> Sentences<'a> {
    fn say(&mut self, vi: impl Into<String>, en: impl Into<String>) {
        self.out.push(both(vi, en));
    }

    /// `Tên: “a” → “b”.` when they differ.
    fn changed(&mut self, what: (&str, &str), old: &Text, new: &Text) {
        if old != new {
            let from_to = |old: &str, new: &str| format!("{} → {}", shown(old), shown(new));
            // Words of which only one language changes are told in both, so that no reader misses it.
            let vi = if old.vi == new.vi { from_to(&old.en, &new.en) } else { from_to(&old.vi, &new.vi) };
            let en = if old.en == new.en { from_to(&old.vi, &new.vi) } else { from_to(&old.en, &new.en) };
            self.say(format!("{}: {vi}.", what.0), format!("{}: {en}.", what.1));
        }
    }

    fn head(&mut self) {
        let (old, new) = (self.old, self.new);
        self.changed(("Tên", "Name"), &old.title, &new.title);
        self.changed(("Mục đích", "Purpose"), &old.summary, &new.summary);
        self.changed(("Lĩnh vực", "Field"), &old.field.title(), &new.field.title());
        for basis in old.basis.iter().filter(|b| !new.basis.contains(b)) {
            self.say(format!("Bỏ căn cứ “{basis}”."), format!("The legal basis “{basis}” is dropped."));
        }
        for basis in new.basis.iter().filter(|b| !old.basis.contains(b)) {
            self.say(format!("Thêm căn cứ “{basis}”."), format!("The legal basis “{basis}” is added."));
        }
        self.changed(("Có hiệu lực từ ngày", "Valid from"), &day(Some(old.valid_from)), &day(Some(new.valid_from)));
        self.changed(("Hết hiệu lực sau ngày", "Valid until"), &day(old.valid_until), &day(new.valid_until));
        self.changed(("Trình tự đã kiểm chứng", "Order of steps verified"), &yes(old.verified), &yes(new.verified));
        let grade = |g: kernel::Grade| both(g.vietnamese(), g.level().to_string());
        self.changed(("Độ mật", "Secrecy grade"), &grade(old.grade), &grade(new.grade));
        let only = ("Chỉ người tham gia được xem", "Shown only to those who take part");
        self.changed(only, &yes(old.restricted), &yes(new.restricted));
    }

    fn form(&mut self) {
        let (old, new) = (self.old, self.new);
        self.fields(("Biểu mẫu mở hồ sơ", "Opening form"), &old.form, &new.form);
    }

    fn fields(&mut self, place: (&str, &str), old: &[Field], new: &[Field]) {
        for field in old.iter().filter(|f| new.iter().all(|n| n.key != f.key)) {
            self.say(
                format!("{}: bỏ mục “{}”.", place.0, field.label.vi),
                format!("{}: “{}” is removed.", place.1, field.label.en),
            );
        }
        for field in new {
            let Some(before) = old.iter().find(|o| o.key == field.key) else {
                let must = if field.required { (" (bắt buộc)", " (required)") } else { ("", "") };
                self.say(
                    format!("{}: thêm mục “{}”{}.", place.0, field.label.vi, must.0),
                    format!("{}: “{}” is added{}.", place.1, field.label.en, must.1),
                );
                continue;
            };
            let name = |what: (&str, &str)| {
                (
                    format!("{}, mục “{}”: {}", place.0, before.label.vi, what.0),
                    format!("{}, “{}”: {}", place.1, before.label.en, what.1),
                )
            };
            self.changed(refs(&name(("tên", "name"))), &before.label, &field.label);
            let hint = |f: &Field| f.hint.clone().unwrap_or_default();
            self.changed(refs(&name(("hướng dẫn", "hint"))), &hint(before), &hint(field));
            self.changed(refs(&name(("bắt buộc", "required"))), &yes(before.required), &yes(field.required));
            if before.kind != field.kind {
                self.changed(refs(&name(("loại", "kind"))), &kind(&before.kind), &kind(&field.kind));
            }
        }
    }

    fn documents(&mut self) {
        let (old, new) = (self.old, self.new);
        for spec in old.documents.iter().filter(|d| new.document(&d.key).is_none()) {
            self.say(
                format!("Bỏ văn bản “{}”.", spec.title.vi),
                format!("The document “{}” is removed.", spec.title.en),
            );
        }
        for spec in &new.documents {
            match old.document(&spec.key) {
                None => self.say(
                    format!("Thêm văn bản “{}”.", spec.title.vi),
                    format!("The document “{}” is added.", spec.title.en),
                ),
                Some(before) => self.document(before, spec),
            }
        }
    }

    fn document(&mut self, old: &DocumentSpec, new: &DocumentSpec) {
        let place = (format!("Văn bản “{}”", old.title.vi), format!("Document “{}”", old.title.en));
        let mut part = |what: (&str, &str), a: Text, b: Text| {
            let name = (format!("{}: {}", place.0, what.0), format!("{}: {}", place.1, what.1));
            self.changed(refs(&name), &a, &b);
        };
        let code = |code: &Option<String>| plain(code.as_deref().unwrap_or_default());
        part(("tên", "name"), old.title.clone(), new.title.clone());
        part(("mẫu", "form"), code(&old.paper), code(&new.paper));
        part(("sổ đăng ký", "register"), code(&old.register), code(&new.register));
        part(("cơ quan ban hành", "issuer"), code(&old.issuer), code(&new.issuer));
        part(("thể thức ký", "authority line"), code(&old.authority), code(&new.authority));
    }

    fn steps(&mut self) {
        let (old, new) = (self.old, self.new);
        for step in old.steps.iter().filter(|s| new.step(&s.key).is_none()) {
            self.say(format!("Bỏ bước “{}”.", step.title.vi), format!("The step “{}” is removed.", step.title.en));
        }
        let kept = |p: &'a Procedure, other: &'a Procedure| {
            p.steps.iter().map(|s| s.key.as_str()).filter(move |k| other.step(k).is_some()).collect::<Vec<_>>()
        };
        if kept(old, new) != kept(new, old) {
            let names = |pick: fn(&Text) -> &str| {
                new.steps.iter().map(|s| format!("“{}”", pick(&s.title))).collect::<Vec<_>>().join(", ")
            };
            self.say(
                format!("Thứ tự các bước thành: {}.", names(|t| &t.vi)),
                format!("The order of the steps becomes: {}.", names(|t| &t.en)),
            );
        }
        for (at, step) in new.steps.iter().enumerate() {
            match old.step(&step.key) {
                Some(before) => self.step(before, step),
                None => {
                    let after = at.checked_sub(1).and_then(|at| new.steps.get(at)).map(|s| &s.title);
                    let place = after.map_or_else(
                        || (" ở đầu quy trình".to_owned(), " at the beginning".to_owned()),
                        |t| (format!(" sau bước “{}”", t.vi), format!(" after “{}”", t.en)),
                    );
                    self.say(
                        format!("Thêm bước “{}”{}.", step.title.vi, place.0),
                        format!("The step “{}” is added{}.", step.title.en, place.1),
                    );
                    for line in explain::step(new, self.references, step) {
                        self.say(
                            format!("Bước “{}”: {}", step.title.vi, line.vi),
                            format!("Step “{}”: {}", step.title.en, line.en),
                        );
                    }
                }
            }
        }
    }

    fn step(&mut self, old: &Step, new: &Step) {
        let before = self.out.len();
        let (references, was, is) = (self.references, self.old, self.new);
        let place = (format!("Bước “{}”", old.title.vi), format!("Step “{}”", old.title.en));
        let mut part = |what: (&str, &str), a: &Text, b: &Text| {
            let name = (format!("{}: {}", place.0, what.0), format!("{}: {}", place.1, what.1));
            self.changed(refs(&name), a, b);
        };
        part(("tên", "name"), &old.title, &new.title);
        part(("việc phải làm", "what to do"), &old.todo, &new.todo);
        part(("loại bước", "kind of step"), &step_kind(old.kind), &step_kind(new.kind));
        let owners = |s: &Step, p: &Procedure| {
            joined(s.owners.iter().map(|o: &Owner| explain::owner(p, references, o)), (" hoặc ", " or "))
        };
        part(("người thực hiện", "owner"), &owners(old, was), &owners(new, is));
        let limit = |s: &Step, p: &Procedure| {
            s.deadline.as_ref().map_or_else(|| both("không có", "none"), |d| explain::deadline(p, d))
        };
        part(("hạn", "deadline"), &limit(old, was), &limit(new, is));
        let basis = |s: &Step| plain(s.deadline.as_ref().and_then(|d| d.source.basis.clone()).unwrap_or_default());
        part(("căn cứ của hạn", "basis of the deadline"), &basis(old), &basis(new));
        let read = |s: &Step| s.deadline.as_ref().map_or_else(Text::default, |d| yes(d.source.verified));
        part(("hạn đã kiểm chứng", "deadline verified"), &read(old), &read(new));
        let told = |s: &Step, p: &Procedure| {
            let who = s.escalate.as_ref().map(|o| explain::owner(p, references, o));
            who.unwrap_or_else(|| both("không ai", "nobody"))
        };
        part(("khi quá hạn thì báo cho", "told when late"), &told(old, was), &told(new, is));
        let papers = |keys: &[String], p: &Procedure| {
            joined(keys.iter().map(|k| p.document(k).map_or_else(|| plain(k), |d| d.title.clone())), (", ", ", "))
        };
        part(("văn bản phải có", "documents needed"), &papers(&old.needs, was), &papers(&new.needs, is));
        part(("văn bản làm ở đây", "documents made"), &papers(&old.writes, was), &papers(&new.writes, is));
        let about = |s: &Step, p| papers(s.document.as_slice(), p);
        part(("văn bản ký, ban hành", "document signed or issued"), &about(old, was), &about(new, is));
        part(("lựa chọn khi xong", "outcomes"), &choices(&old.outcomes), &choices(&new.outcomes));
        let back = |s: &Step, p: &Procedure| {
            joined(s.returns.iter().filter_map(|k| p.step(k)).map(|s| s.title.clone()), (", ", ", "))
        };
        part(("có thể trả về bước", "may be returned to"), &back(old, was), &back(new, is));
        let threshold = |s: &Step| s.ballot.as_ref().map_or_else(Text::default, |b| b.threshold.explain());
        part(("thông qua khi", "adopted with"), &threshold(old), &threshold(new));
        let rule = |s: &Step| {
            let body = |b: &BallotSpec| format!("{} – {} – {}", b.body, b.positions.join(", "), choices(&b.answers).vi);
            plain(s.ballot.as_ref().map(body).unwrap_or_default())
        };
        part(("người và câu trả lời biểu quyết", "who votes and with which answers"), &rule(old), &rule(new));
        let source = |s: &Step| plain(s.ballot.as_ref().and_then(|b| b.source.basis.clone()).unwrap_or_default());
        part(("căn cứ biểu quyết", "basis of the vote"), &source(old), &source(new));
        let known = |s: &Step| s.ballot.as_ref().map_or_else(Text::default, |b| yes(b.source.verified));
        part(("luật biểu quyết đã kiểm chứng", "rule of the vote verified"), &known(old), &known(new));
        let asked = |s: &Step| {
            let spec = |o: &OpinionSpec| {
                let from: Vec<String> = o.from.iter().map(ToString::to_string).collect();
                format!("{} – {} – {}", from.join(", "), o.positions.join(", "), choices(&o.answers).vi)
            };
            plain(s.opinion.as_ref().map(spec).unwrap_or_default())
        };
        part(("cơ quan được hỏi ý kiến", "bodies asked"), &asked(old), &asked(new));
        let child = |s: &Step| plain(s.subcase.as_ref().map(|s| s.procedure.clone()).unwrap_or_default());
        part(("hồ sơ con", "sub-case"), &child(old), &child(new));
        self.rules(old, new);
        self.fields((&place.0, &place.1), &old.fields, &new.fields);
        if self.out.len() == before && old != new {
            self.say(
                format!("{}: có thay đổi khác trong khai báo.", place.0),
                format!("{}: other details of its declaration change.", place.1),
            );
        }
    }

    fn rules(&mut self, old: &Step, new: &Step) {
        let words = |p: &Procedure, s: &Step| s.next.iter().map(|r| explain::rule(p, s, r)).collect::<Vec<_>>();
        let (was, is) = (words(self.old, old), words(self.new, new));
        let targets = |s: &Step| s.next.iter().map(|r| r.to.clone()).collect::<Vec<_>>();
        let same_rules = old.next == new.next || (targets(old) == targets(new) && was == is);
        // A rule that reads otherwise only because a step or a document has another name was told there.
        if same_rules {
            return;
        }
        let name = &old.title;
        for gone in was.iter().filter(|rule| !is.contains(rule)) {
            self.say(
                format!("Bước “{}”: bỏ quy tắc “{}”", name.vi, gone.vi),
                format!("Step “{}”: the rule “{}” is dropped.", name.en, gone.en),
            );
        }
        for added in is.iter().filter(|rule| !was.contains(rule)) {
            self.say(
                format!("Bước “{}”: thêm quy tắc “{}”", name.vi, added.vi),
                format!("Step “{}”: the rule “{}” is added.", name.en, added.en),
            );
        }
        if is.iter().all(|rule| was.contains(rule)) && was.iter().all(|rule| is.contains(rule)) {
            self.say(
                format!("Bước “{}”: thứ tự các quy tắc thay đổi.", name.vi),
                format!("Step “{}”: the order of its rules changes.", name.en),
            );
        }
    }

    fn effects(&mut self) {
        let (old, new) = (self.old, self.new);
        for spec in old.effects.iter().filter(|e| new.effects.iter().all(|n| n.key != e.key)) {
            self.say(format!("Bỏ hệ quả: {}", spec.says.vi), format!("An effect is removed: {}", spec.says.en));
        }
        for spec in &new.effects {
            match old.effects.iter().find(|o| o.key == spec.key) {
                None => {
                    self.say(format!("Thêm hệ quả: {}", spec.says.vi), format!("An effect is added: {}", spec.says.en))
                }
                Some(before) if before != spec => self.say(
                    format!("Hệ quả thay đổi: {} → {}", before.says.vi, spec.says.vi),
                    format!("An effect changes: {} → {}", before.says.en, spec.says.en),
                ),
                Some(_) => {}
            }
        }
    }
}

fn refs(pair: &(String, String)) -> (&str, &str) {
    (&pair.0, &pair.1)
}

fn shown(text: &str) -> String {
    if text.is_empty() { "–".to_owned() } else { text.to_owned() }
}

fn joined(texts: impl Iterator<Item = Text>, with: (&str, &str)) -> Text {
    let all: Vec<Text> = texts.collect();
    let join = |pick: fn(&Text) -> &str, with: &str| all.iter().map(pick).collect::<Vec<_>>().join(with);
    both(join(|t| &t.vi, with.0), join(|t| &t.en, with.1))
}

fn choices(all: &[Choice]) -> Text {
    joined(all.iter().map(|c| c.label.clone()), (", ", ", "))
}

/// A kind of field in words.
fn kind(kind: &FieldKind) -> Text {
    match kind {
        FieldKind::Text => both("một dòng", "one line"),
        FieldKind::LongText => both("đoạn văn", "paragraphs"),
        FieldKind::Date => both("ngày", "day"),
        FieldKind::Person => both("người", "person"),
        FieldKind::Body => both("cơ quan", "body"),
        FieldKind::Bodies => both("nhiều cơ quan", "bodies"),
        FieldKind::Position => both("chức vụ", "position"),
        FieldKind::Choice { options } => {
            let words = choices(options);
            both(format!("chọn trong {}", words.vi), format!("one of {}", words.en))
        }
        FieldKind::Number { min, max } => {
            let bound = |n: &Option<i64>| n.map_or_else(|| "…".to_owned(), |n| n.to_string());
            both(
                format!("số từ {} đến {}", bound(min), bound(max)),
                format!("number from {} to {}", bound(min), bound(max)),
            )
        }
        FieldKind::YesNo => both("có hoặc không", "yes or no"),
        FieldKind::List { columns } => {
            let names = joined(columns.iter().map(|c| c.label.clone()), (", ", ", "));
            both(format!("bảng: {}", names.vi), format!("table: {}", names.en))
        }
    }
}

/// The name of a kind of step, for pages.
pub fn step_kind(kind: StepKind) -> Text {
    match kind {
        StepKind::Work => both("thực hiện", "work"),
        StepKind::Opinion => both("lấy ý kiến cơ quan", "opinions of bodies"),
        StepKind::Ballot => both("phiếu lấy ý kiến", "written ballot"),
        StepKind::Vote => both("biểu quyết tại phiên họp", "vote in a sitting"),
        StepKind::Sign => both("ký", "signature"),
        StepKind::Issue => both("cấp số, đóng dấu", "number and seal"),
        StepKind::Publish => both("công bố", "publication"),
        StepKind::Subcase => both("hồ sơ con", "sub-case"),
        StepKind::End => both("kết thúc", "end"),
    }
}
