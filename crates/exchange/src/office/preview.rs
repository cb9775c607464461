//! Looking before sending: the package of a dispatch as it would be written, and what keeps it from going out.

use crate::office::acts::Organ;
use crate::office::compose::Letter;
use crate::office::{NewDispatch, Office, secrecy_mark};
use edxml::package::{Document, Header, check};
use edxml::words::{Language, sentence};
use kernel::{Ctx, Digest, Grade, Problem};

/// A dispatch as it would go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The header.
    pub document: Document,
    /// The names of the files.
    pub files: Vec<String>,
    /// The paper.
    pub pdf: Digest,
    /// Why it cannot go out, in sentences; nothing when it can.
    pub wrong: Vec<String>,
}

impl Office {
    /// What [`Office::dispatch`] would send, without sending or keeping anything.
    ///
    /// # Errors
    /// As [`Office::dispatch`]; rules of the axis that are broken stand in the answer.
    pub async fn preview(&self, ctx: &Ctx, new: &NewDispatch) -> Result<Preview, Problem> {
        let transport = self.transport(&new.transport)?.name();
        let (document, text) = self.letter_text(ctx, new).await?;
        if document.grade != Grade::Open || secrecy_mark(&text).is_some() {
            return Err(Problem::refused("dispatch-secret-never"));
        }
        let (Some(number), Some(pdf)) = (document.number.clone(), document.pdf) else {
            return Err(Problem::refused("dispatch-not-issued").arg("title", &document.title));
        };
        let earlier = self.earlier(new).await?;
        let to = self.receivers(new, transport, earlier.as_ref()).await?;
        let (signer, recipients) = self.signer(ctx, &document, &number).await?;
        let letter =
            Letter { number: number.text, date: number.date, subject: document.title.clone(), signer, recipients, pdf };
        let identity = self.identity(new.kind, &letter, &to).await?;
        let package = self.compose(new, &letter, &to, &identity, earlier.as_ref(), self.now());
        let wrong = check(&package, self.now().day());
        let files = package.attachments.iter().map(|head| head.name.clone()).collect();
        let Header::Document(header) = package.header else {
            return Err(Problem::fault("a document without its header"));
        };
        let wrong = wrong.iter().map(|finding| sentence(finding, Language::Vi)).collect();
        Ok(Preview { document: *header, files, pdf, wrong })
    }

    /// The bodies of a way's directory behind identifiers; those that it does not reach are left out.
    ///
    /// # Errors
    /// [`Problem::Unavailable`].
    pub async fn organs(&self, way: &str, codes: &[String]) -> Result<Vec<Organ>, Problem> {
        let mut organs = Vec::new();
        for code in codes {
            organs.extend(self.correspondent(way, code).await?);
        }
        Ok(organs)
    }
}
