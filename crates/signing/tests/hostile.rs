//! Hostile input: every parser takes any bytes, changed, cut or made up, without panic and in bounded time.

mod house;

use house::*;
use pki::KeyKind;
use proptest::prelude::*;
use signing::{Trust, cades, pades, validate};
use std::sync::LazyLock;

static SEALED: LazyLock<(House, Vec<u8>)> = LazyLock::new(|| {
    let house = House::new(KeyKind::P256);
    let pdf = house.second(&house.first(&sample("paper-object-streams.pdf")).unwrap().pdf).unwrap().pdf;
    (house, pdf)
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn changed_bytes_never_pass_and_never_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..6)) {
        let (house, pdf) = &*SEALED;
        let before = validate::pdf(pdf, &house.trust(), house.now);
        let mut bytes = pdf.clone();
        for (at, with) in changes {
            let at = at.index(bytes.len());
            bytes[at] ^= with;
        }
        if bytes != *pdf {
            prop_assert!(validate::pdf(&bytes, &house.trust(), house.now) != before);
        }
    }

    #[test]
    fn a_cut_file_never_passes(length in any::<prop::sample::Index>()) {
        let (house, pdf) = &*SEALED;
        let report = validate::pdf(&pdf[..length.index(pdf.len() - 1)], &house.trust(), house.now);
        prop_assert!(report.signatures.len() < 2 || !report.is_all_passed());
    }

    #[test]
    fn pieces_put_together_anew_never_panic(cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..8)) {
        let (house, pdf) = &*SEALED;
        let mut bytes = b"%PDF-1.7\n".to_vec();
        for (from, to) in cuts {
            let (from, to) = (from.index(pdf.len()), to.index(pdf.len()));
            bytes.extend_from_slice(&pdf[from.min(to)..from.max(to)]);
        }
        validate::pdf(&bytes, &house.trust(), house.now);
        let _ = pades::text_fields(&bytes);
        let _ = house.second(&bytes);
    }

    #[test]
    fn made_up_objects_never_panic(body in "[ -~\n]{0,400}") {
        let text = format!("%PDF-1.7\n1 0 obj\n<</Type /Catalog {body}>>\nendobj\ntrailer <</Root 1 0 R>>\nstartxref\n0\n%%EOF");
        validate::pdf(text.as_bytes(), &Trust::default(), SEALED.0.now);
    }

    #[test]
    fn any_bytes_as_a_message_are_judged(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let report = cades::verify_detached(b"x", &bytes, &Trust::default(), SEALED.0.now);
        prop_assert_ne!(report.indication, signing::Indication::TotalPassed);
        let _ = SEALED.0.stamper.answer(&bytes);
    }
}

#[test]
fn files_made_to_loop_or_to_swell_end_quickly() {
    let deep = "[".repeat(100_000);
    let cases = [
        "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]/AcroForm<</Fields[2 0 R]>>>>endobj 2 0 obj<</Kids[2 0 R]/T(x)>>endobj trailer<</Root 1 0 R>>".to_owned(),
        "%PDF-1.7\nxref\n0 1\n0000000000 65535 f\r\ntrailer<</Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF".to_owned(),
        "%PDF-1.7\nxref\n0 99999999999\ntrailer<<>>\nstartxref\n9\n%%EOF".to_owned(),
        format!("%PDF-1.7\n1 0 obj<</Type/Catalog/X {deep}>>endobj trailer<</Root 1 0 R>>"),
        "%PDF-1.7\n1 0 obj 1 0 R endobj trailer<</Root 1 0 R>>".to_owned(),
        "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj 5 0 obj<</Type/ObjStm/N 1/First 4/Length 5 0 R>>stream\n5 0 \nendstream endobj trailer<</Root 1 0 R>>".to_owned(),
    ];
    for case in cases {
        let report = validate::pdf(case.as_bytes(), &Trust::default(), SEALED.0.now);
        assert!(report.signatures.is_empty());
    }
}
