//! Cases (hồ sơ công việc): the procedures of `procedures/` run over the journal.
//!
//! One door for every move of a case: [`Cases::command`]. It loads the case, asks the pure engine of `procedure` what
//! the command means under the version of the procedure with which the case began, and commits the answer together
//! with what it does to documents, registers and the directory: one change, or nothing.
//!
//! This crate must never know HTTP, hold a rule of a procedure (they are data), decide who may do what (the policies
//! do), or tell anyone that a case exists which they need not know of: for them it is [`kernel::Problem::NotFound`].
//!
//! It imports `records` and `directory` sideways: a case moves documents and people.

// PUBLIC API (methods of `Cases`), while they are being written. All are async, return Result<_, Problem>, take &Ctx.
//
// Cases::new(journal, directory, records, Arc<Catalogue>) ; Cases::projections() ; Cases::workers(&self) -> Vec<Arc<dyn Worker>>
// catalogue() -> &Catalogue
//
// moving a case. `token`: the form's idempotency token; the same token twice gives the same result, one act.
//   open(&ctx, procedure: &str, form: Map<String, Value>, token: &str) -> Done
//   command(&ctx, &CaseId, expected: i64, procedure::Command, token: &str) -> Done        every plain step
//   add_document(&ctx, &CaseId, expected: i64, NewDocument { kind, title, body: NewBody::Text(Content) | NewBody::Upload(Upload) }, token) -> Done
//   revise_document(&ctx, &DocumentId, expected_document_version: i64, NewBody, note, token) -> Done
//   cast_ballot(&ctx, &CaseId, expected, BallotChoice, opinion: &str, token) -> Done      Fresh second factor; signs the member's own statement
//   sign(&ctx, &CaseId, expected, &DocumentId, token) -> Done                              Fresh; PAdES first revision
//   issue(&ctx, &CaseId, expected, &DocumentId, token) -> Done                             number + date + seal + effects declared there
//   publish(&ctx, &CaseId, expected, &DocumentId, token) -> Done
//   Done { case: CaseId, version: i64, document: Option<DocumentId>, number: Option<Number> }
//
// reading
//   case(&ctx, &CaseId) -> CaseView { id, title, procedure, procedure_version, grade, state: procedure::CaseState, version, opened_at/by,
//        steps: Vec<StepView{ code, title_vi, title_en, place: Done|Here|Next }>, tasks: Vec<Task>, documents: Vec<records::Document>, allowed: Vec<Allowed> }
//        allowed: what this person may do now (command, fresh second factor needed)
//   list(&ctx, &CaseFilter { query, procedure, field, open, page }) -> Listing<CaseSummary>
//   inbox(&ctx, &InboxFilter { only: Option<Due>, page }) -> Listing<Task> ; inbox_counts(&ctx) -> InboxCounts { open, due_today, overdue }
//   timeline(&ctx, &CaseId) -> Vec<Entry { version, at, who, name, acting_as, code: Fluent message, args: BTreeMap<String,String>, document, act kind } >
//   changes_since(&ctx, &CaseId, version) -> Vec<Entry>
//   ballot(&ctx, &CaseId) -> Option<BallotView { question, opens_at, closes_at, members, mine, answers (only when allowed), tally (after closing) }>
//   ballot_statement(&ctx, &CaseId, choice, opinion) -> String    the text that the member's key will sign
//   preview_effects(&ctx, &CaseId) -> Vec<directory::EffectLine>
