//! Signatures on the paper: the person's first, then the body's seal with number and date (Decree 30/2020, Annex I).
//!
//! The person's revision certifies the paper so that afterwards only the fields of number, date and seal may be filled;
//! the clerk's revision fills them and the seal locks every field.

use crate::{
    Content, Records, State, VersionBody, acts,
    documents::{Open, Planned},
    paper::{Area, Places},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use kernel::{BodyId, Ctx, Digest, DocumentId, Problem};
use serde_json::json;
use signing::{Revision, Signed};
use typeset::{Anchor, Typeset};

/// Names of the fields on the paper.
pub(crate) const SIGNATURE: &str = "ChuKy";
pub(crate) const SEAL: &str = "ConDau";
pub(crate) const NUMBER: &str = "So";
pub(crate) const DATE: &str = "NgayThang";
const PLACE: &str = "Hà Nội";

/// What the clerk's revision puts into the fields.
pub(crate) struct Fills {
    pub number: String,
    pub date: String,
    pub number_pdf: Vec<u8>,
    pub date_pdf: Vec<u8>,
    pub seal: Area,
}

impl Records {
    /// The acts by which the person of the request signs a settled text: the paper is set, certified and signed with
    /// the person's own key. The certificate is checked first. A blank name in the signature block is filled in, as a
    /// version of its own.
    ///
    /// # Errors
    /// `document-wrong-state` when the text is not settled; `signer-name-differs` when the paper names another;
    /// [`Problem::NeedsSecondFactor`] and [`Problem::Forbidden`] before the key is touched; the codes of a certificate
    /// that may not sign now.
    pub async fn plan_sign(&self, ctx: &Ctx, id: &DocumentId) -> Result<Planned, Problem> {
        let open = self.open(ctx, id).await?;
        open.must_be(&[State::Final])?;
        self.journal.policies().require(ctx, "document.signed", &open.resource())?;
        let person = ctx
            .person()
            .ok_or_else(|| Problem::Forbidden { act: "document.signed".into(), resource: format!("Document:{id}") })?;
        let (number, content, filled) = self.named(&open, &person.name).await?;
        let signer = self.keys.signer_for(&person.id).await?;
        let certificate = certificate_of(&*signer)?;
        let at = self.journal.clock().now();
        let paper = self.set_for_signature(&open.document, &content, at).await?;
        let (places, signature) = places(&paper)?;
        let image = self.signature_image(&person.name, signature).await?;
        let stamper = self.stamper().await?;
        let made = tokio::task::spawn_blocking(move || {
            Revision::new(SIGNATURE)
                .visible(signature.place(), image)
                .certify()
                .add_text_field(NUMBER, places.number.place())
                .add_text_field(DATE, places.date.place())
                .add_signature_field(SEAL, places.seal.place())
                .reason("Ký ban hành")
                .location(PLACE)
                .sign(&paper.pdf, &*signer, at, Some(&*stamper))
                .map(|signed| (signed, paper.pages))
        });
        let (signed, pages) = made.await.map_err(Problem::fault)?.map_err(cannot_sign)?;
        report(id, &signed);
        let level = level_of(signed.level);
        let (pdf, size) = self.store(signed.pdf).await?;
        let body = acts::Signed {
            case: open.document.case.clone(),
            number,
            pdf,
            size,
            pages: i64::from(pages),
            places,
            signer: format!("{}, {}", person.name, content.signature.title),
            certificate,
            level,
        };
        let mut planned: Vec<_> = filled.into_iter().map(|added| open.act(&added)).collect();
        planned.push(open.act(&body).with_blob(pdf));
        Ok(open.planned(planned))
    }

    /// The text with the signer's name, its version number, and the act that keeps the filled-in version.
    pub(crate) async fn named(
        &self,
        open: &Open,
        name: &str,
    ) -> Result<(i64, Content, Option<acts::VersionAdded>), Problem> {
        let latest = open.document.latest;
        let VersionBody::Text(mut content) = self.version_unchecked(&open.document.id, latest).await?.body else {
            return Err(Problem::refused("document-not-a-text"));
        };
        if content.signature.name == name {
            return Ok((latest, content, None));
        }
        if !content.signature.name.is_empty() {
            return Err(Problem::refused("signer-name-differs")
                .arg("paper", &content.signature.name)
                .arg("signer", name));
        }
        content.signature.name = name.to_owned();
        let added = acts::VersionAdded {
            case: open.document.case.clone(),
            number: latest + 1,
            title: open.document.title.clone(),
            body: VersionBody::Text(content.clone()),
            note: String::new(),
        };
        Ok((latest + 1, content, Some(added)))
    }

    /// The person's handwritten signature, blue, as a small PDF of the size of its place.
    async fn signature_image(&self, name: &str, area: Area) -> Result<Vec<u8>, Problem> {
        let (papers, name) = (self.papers.clone(), name.to_owned());
        let made = tokio::task::spawn_blocking(move || {
            let image = typeset::specimen::signature(&papers, &name)?;
            papers.stamp("stamps/hinh-anh", &json!({ "image": STANDARD.encode(image) }), area.size())
        });
        Ok(made.await.map_err(Problem::fault)??)
    }

    /// The paper with number, date and the body's seal: PDF, certificate, level.
    pub(crate) async fn seal_pdf(
        &self,
        body: &BodyId,
        name: &str,
        signed: Bytes,
        fills: Fills,
    ) -> Result<(Vec<u8>, Digest, String), Problem> {
        let signer = self.keys.body_signer(body).await?;
        let certificate = certificate_of(&*signer)?;
        let stamper = self.stamper().await?;
        let at = self.journal.clock().now();
        let (papers, name) = (self.papers.clone(), name.to_owned());
        let made = tokio::task::spawn_blocking(move || {
            let image = typeset::specimen::seal(&papers, &name)?;
            let seal =
                papers.stamp("stamps/hinh-anh", &json!({ "image": STANDARD.encode(image) }), fills.seal.size())?;
            Revision::new(SEAL)
                .appearance(seal)
                .fill(NUMBER, &fills.number, fills.number_pdf)
                .fill(DATE, &fills.date, fills.date_pdf)
                .reason("Đóng dấu ban hành")
                .location(PLACE)
                .sign(&signed, &*signer, at, Some(&*stamper))
                .map_err(cannot_sign)
        });
        let sealed = made.await.map_err(Problem::fault)??;
        for warning in &sealed.warnings {
            tracing::warn!(body = %body, warning, "a seal reached a lower level than wanted; a job lifts it later");
        }
        Ok((sealed.pdf, certificate, level_of(sealed.level)))
    }

    pub(crate) async fn body_name(&self, body: &BodyId) -> Result<String, Problem> {
        let found = self.directory.body(body).await?;
        Ok(found.ok_or_else(|| Problem::not_found("body", body))?.name)
    }
}

pub(crate) fn places(paper: &Typeset) -> Result<(Places, Area), Problem> {
    let area = |name: &str| -> Result<Area, Problem> {
        let anchor: Option<&Anchor> = paper.anchors.get(name);
        anchor.map(Area::of).ok_or_else(|| Problem::fault(format!("the paper form has no place {name:?}")))
    };
    Ok((Places { number: area("number")?, date: area("date")?, seal: area("seal")? }, area("signature")?))
}

fn certificate_of(signer: &dyn signing::Signer) -> Result<Digest, Problem> {
    signer.chain().first().map(|c| c.fingerprint()).ok_or_else(|| Problem::fault("a signer without a certificate"))
}

pub(crate) fn cannot_sign(error: signing::SignError) -> Problem {
    Problem::Unavailable { what: "signing", why: error.to_string() }
}

/// `B-B`, `B-T`, …: as reports write it.
pub(crate) fn level_of(level: signing::Level) -> String {
    serde_json::to_value(level).ok().and_then(|level| level.as_str().map(str::to_owned)).unwrap_or_default()
}

fn report(id: &DocumentId, signed: &Signed) {
    for warning in &signed.warnings {
        tracing::warn!(document = %id, warning, "a signature reached a lower level than wanted");
    }
}

/// The number that stands in a file's number field, with the symbol left to the reader of the paper.
pub(crate) fn number_in(pdf: &[u8]) -> Option<String> {
    let fields = signing::pades::text_fields(pdf).ok()?;
    fields.into_iter().find(|field| field.name == NUMBER).and_then(|field| field.value)
}
