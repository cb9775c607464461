//! What must not happen: secrets seen, moves lost or made twice, broken files taken.

mod house;

use cases::{CaseFilter, InboxFilter};
use house::{content, furnished, pdf, submit};
use kernel::{CaseId, Grade, Problem};
use records::{Content, NewBody, Upload};
use testkit::Db;

testkit::on_both_engines! {
    async fn a_secret_case_does_not_exist_for_those_who_need_not_know(db: Db) {
        let house = furnished(&db).await;
        let secret = house.open_case("bst-mat", Grade::Secret, "").await;
        let done = house.draft(&secret, content()).await;
        let document = done.document.unwrap();
        let expert = house.at_work("person-expert").await;
        assert_eq!(house.cases.list(&expert, &CaseFilter::default()).await.unwrap().total, 1);
        assert_eq!(house.cases.inbox_counts(&expert).await.unwrap().open, 1);

        // Not cleared and not taking part; and cleared, but not taking part.
        for other in ["person-other", "person-clerk", "person-chair"] {
            let ctx = house.at_work(other).await;
            let absent = CaseId::new("case-absent").unwrap();
            let hidden = house.cases.case(&ctx, &secret.case).await.unwrap_err().to_string();
            let missing = house.cases.case(&ctx, &absent).await.unwrap_err().to_string();
            assert_eq!(hidden.replace(secret.case.as_str(), "x"), missing.replace("case-absent", "x"));
            let listed = house.cases.list(&ctx, &CaseFilter { query: "soạn thảo".into(), ..Default::default() }).await.unwrap();
            assert_eq!((listed.total, listed.items.len()), (0, 0), "{other} sees it in the list");
            assert_eq!(house.cases.inbox(&ctx, &InboxFilter::default()).await.unwrap().items, []);
            assert!(matches!(house.records.document(&ctx, &document).await, Err(Problem::NotFound { .. })));
            assert!(house.records.documents_of(&ctx, &secret.case).await.unwrap().is_empty());
            let moved = house.cases.command(&ctx, &secret.case, 1, submit(), "").await.unwrap_err();
            assert!(matches!(moved, Problem::NotFound { .. }), "{moved}");
            let guessed = house.cases.timeline(&ctx, &secret.case).await;
            assert!(matches!(guessed, Err(Problem::NotFound { .. })));
        }
    }

    async fn a_procedure_is_offered_to_whoever_could_open_a_case_under_it(db: Db) {
        let house = furnished(&db).await;
        let procedure = house.cases.catalogue().newest().find(|p| p.id == "drafting-committee").unwrap().clone();
        for (who, offered) in [("person-expert", true), ("person-clerk", false), ("person-chair", false)] {
            let ctx = house.at_work(who).await;
            assert_eq!(house.cases.may_open(&ctx, &procedure), offered, "{who}");
        }
    }

    async fn a_wrong_declaration_stops_neither_the_house_nor_the_other_procedures(db: Db) {
        let house = furnished(&db).await;
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../procedures");
        let file = |name: &str| (name.to_owned(), std::fs::read(folder.join(name)).unwrap());
        let mut texts = std::collections::BTreeMap::from(
            ["references.toml", "bases/standing-committee-resolution.toml", "lawmaking/drafting-committee.toml"].map(file),
        );
        texts.insert("administration/leave.toml".into(), b"id = \"leave\"\nversion = ".to_vec());
        let catalogue = std::sync::Arc::new(procedure::Catalogue::from_texts(texts));
        let house = house.with_catalogue(catalogue);
        house.cases.record_files().await.unwrap();
        let told: Vec<String> = house.cases.catalogue().problems().iter().map(|p| format!("{}:{}", p.file, p.line)).collect();
        assert_eq!(told, ["administration/leave.toml:2"]);
        let opened = house.open_case("ban-1", Grade::Open, "").await;
        let done = house.draft(&opened, content()).await;
        house.submit(&opened.case, done.version).await;
        let expert = house.at_work("person-expert").await;
        let none = serde_json::Map::new();
        let refused = house.cases.open(&expert, "leave", "Nghỉ phép", Grade::Open, none, "").await;
        assert!(matches!(refused, Err(Problem::NotFound { .. })), "{refused:?}");
    }

    async fn what_a_list_shows_is_what_the_policies_allow(db: Db) {
        let house = furnished(&db).await;
        let mut cases = Vec::new();
        for (n, grade) in [Grade::Open, Grade::Secret, Grade::Open, Grade::Secret].into_iter().enumerate() {
            cases.push(house.open_case(&format!("bst-{n}"), grade, "").await.case);
        }
        for who in ["person-expert", "person-other", "person-clerk", "person-chair", "person-law", "person-member-1"] {
            let ctx = house.at_work(who).await;
            let listed = house.cases.list(&ctx, &CaseFilter::default()).await.unwrap();
            let mut opened = 0;
            for case in &cases {
                let allowed = house.cases.case(&ctx, case).await.is_ok();
                opened += i64::from(allowed);
                assert_eq!(listed.items.iter().any(|item| item.id == *case), allowed, "{who} {case}");
            }
            assert_eq!(listed.total, opened, "{who}");
        }
    }

    async fn the_second_of_two_editors_is_told_what_changed_and_nothing_is_lost(db: Db) {
        let house = furnished(&db).await;
        let opened = house.open_case("bst-hai-nguoi", Grade::Open, "").await;
        let expert = house.at_work("person-expert").await;
        let first = house.cases.add_document(&expert, &opened.case, opened.version, "to-trinh", "", pdf(), "").await.unwrap();
        let text = NewBody::Text(content());
        let late = house.cases.add_document(&expert, &opened.case, opened.version, "nghi-quyet", "", text, "").await;
        let Err(Problem::Conflict { expected, found, .. }) = late else { panic!("{late:?}") };
        assert_eq!((expected, found), (opened.version, first.version));
        let changes = house.cases.changes_since(&expert, &opened.case, expected).await.unwrap();
        assert!(changes.iter().any(|entry| entry.code == "timeline-case-document-attached"), "{changes:?}");
        assert_eq!(house.cases.case(&expert, &opened.case).await.unwrap().documents.len(), 1);
    }

    async fn the_same_form_sent_twice_or_at_once_is_one_act(db: Db) {
        let house = furnished(&db).await;
        let opened = house.open_case("bst-mot-lan", Grade::Open, "form-1").await;
        assert_eq!(house.open_case("bst-mot-lan", Grade::Open, "form-1").await, opened);
        let expert = house.at_work("person-expert").await;
        let send = || house.cases.add_document(&expert, &opened.case, opened.version, "to-trinh", "", pdf(), "form-2");
        let (a, b) = tokio::join!(send(), send());
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_eq!(a, b);
        assert_eq!(send().await.unwrap(), a);
        let view = house.cases.case(&expert, &opened.case).await.unwrap();
        assert_eq!((view.version, view.documents.len()), (a.version, 1));
        // Another person's form of the same token is another form.
        let other = house.at_work("person-other").await;
        let theirs = house.cases.add_document(&other, &opened.case, a.version, "to-trinh", "", pdf(), "form-2").await;
        assert!(matches!(theirs, Err(Problem::Refused { .. } | Problem::Forbidden { .. })), "{theirs:?}");
    }

    async fn broken_and_foreign_files_are_refused_with_the_reason(db: Db) {
        let house = furnished(&db).await;
        let opened = house.open_case("bst-tep", Grade::Open, "").await;
        let expert = house.at_work("person-expert").await;
        let encrypted = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
            3 0 obj<</Type/Page/Parent 2 0 R>>endobj\n4 0 obj<</Filter/Standard>>endobj\n\
            trailer<</Root 1 0 R/Encrypt 4 0 R>>\n%%EOF";
        let cases: [(&str, &[u8], &str); 6] = [
            ("a.pdf", b"", "upload-empty"),
            ("a.pdf", b"%PDF-1.7 nothing else", "upload-pdf-broken"),
            ("a.pdf", b"PK\x03\x04", "upload-mismatch"),
            ("a.exe", b"MZ", "upload-type"),
            ("khong-duoi", b"%PDF-", "upload-type"),
            ("a.pdf", encrypted, "upload-pdf-encrypted"),
        ];
        for (name, bytes, code) in cases {
            let file = NewBody::Upload(Upload { name: name.into(), bytes: bytes.to_vec() });
            let refused = house.cases.add_document(&expert, &opened.case, opened.version, "to-trinh", "", file, "").await;
            let Err(Problem::Invalid(fields)) = refused else { panic!("{name} {code}: {refused:?}") };
            assert_eq!(fields[0].code, code);
        }
        let docx = NewBody::Upload(Upload { name: "C:\\x\\to trinh.docx".into(), bytes: b"PK\x03\x04rest".to_vec() });
        let kept = house.cases.add_document(&expert, &opened.case, opened.version, "to-trinh", "", docx, "").await.unwrap();
        let (file, bytes) = house.records.file(&expert, &kept.document.unwrap(), None).await.unwrap();
        assert_eq!((file.name.as_str(), &bytes[..]), ("to trinh.docx", &b"PK\x03\x04rest"[..]));
    }

    async fn an_incomplete_text_is_kept_as_a_draft_and_named_field_by_field_when_it_is_handed_on(db: Db) {
        let house = furnished(&db).await;
        let opened = house.open_case("bst-thieu", Grade::Open, "").await;
        let done = house.draft(&opened, Content { subject: "Về việc thử".into(), ..Content::default() }).await;
        let expert = house.at_work("person-expert").await;
        let refused = house.cases.command(&expert, &opened.case, done.version, submit(), "").await.unwrap_err();
        let Problem::Invalid(fields) = refused else { panic!("{refused}") };
        assert!(fields.iter().any(|f| f.field == "nghi-quyet.articles.0" && f.code == "field-required"), "{fields:?}");
        assert_eq!(house.cases.case(&expert, &opened.case).await.unwrap().state.step, "draft");
    }

    async fn a_revoked_certificate_cannot_sign_and_the_case_stays_where_it_is(db: Db) {
        let house = furnished(&db).await;
        let opened = house.open_case("bst-thu-hoi", Grade::Open, "").await;
        let done = house.draft(&opened, content()).await;
        let done = house.submit(&opened.case, done.version).await;
        let done = house.agree(&opened.case, done.version).await;
        let version = house.vote(&opened.case, done.version, "for").await;
        let chair = house.at_work("person-chair").await;
        let held = house.keys.of_holder(&directory::acts::Holder::Person(house::person("person-chair"))).await.unwrap();
        let basis = directory::Basis::cited("Báo mất khóa");
        house.keys.revoke(&chair, &held[0].serial, pki::Reason::KeyCompromise, &basis).await.unwrap();
        let refused = house.cases.sign(&chair, &opened.case, version, "nghi-quyet", "").await.unwrap_err();
        assert!(matches!(&refused, Problem::Refused { code, .. } if code.starts_with("certificate-")), "{refused}");
        assert_eq!(house.cases.case(&chair, &opened.case).await.unwrap().version, version);
    }
}
