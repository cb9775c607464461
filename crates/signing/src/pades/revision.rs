//! What a signature revision holds: asked for with a builder, made in one call.

use super::write;
use crate::{
    error::SignError,
    pdf::{File, Object, PdfError, Source},
    report::Level,
    signer::{Signer, TimeStamper},
};
use kernel::Timestamp;

/// A place on a page: in points from the top left corner of the page, pages from 1.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// The page, from 1.
    pub page: usize,
    /// From the left edge.
    pub x: f64,
    /// From the top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A field of the form of a PDF file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldInfo {
    /// Its full name.
    pub name: String,
    /// Its text, when it has one.
    pub value: Option<String>,
    /// It can no longer be changed by hand.
    pub read_only: bool,
}

/// A signed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The whole file.
    pub pdf: Vec<u8>,
    /// The level that was reached.
    pub level: Level,
    /// What did not go as asked, such as a time stamp authority that did not answer.
    pub warnings: Vec<String>,
}

/// What is to be appended to a file, byte for byte behind its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The level that was reached.
    pub level: Level,
    /// What did not go as asked.
    pub warnings: Vec<String>,
}

impl Appended {
    /// The whole file.
    pub(super) fn to(self, pdf: &[u8]) -> Signed {
        Signed { pdf: [pdf, &self.bytes].concat(), level: self.level, warnings: self.warnings }
    }
}

/// One signature revision: a signature in a field, with all that is added and filled in by the same hand.
#[derive(Debug, Clone, Default)]
pub struct Revision {
    pub(super) field: String,
    pub(super) place: Option<Place>,
    pub(super) image: Option<Vec<u8>>,
    pub(super) certify: bool,
    pub(super) text_fields: Vec<(String, Place)>,
    pub(super) signature_fields: Vec<(String, Place)>,
    pub(super) fills: Vec<(String, String, Vec<u8>)>,
    pub(super) reason: Option<String>,
    pub(super) location: Option<String>,
}

impl Revision {
    /// A signature in the field of this name: an empty one is taken where it is, otherwise it is made.
    pub fn new(field: impl Into<String>) -> Revision {
        Revision { field: field.into(), ..Revision::default() }
    }
    /// The signature is seen at a place of its own. `image` is a one-page PDF of the same size.
    #[must_use]
    pub fn visible(mut self, place: Place, image: Vec<u8>) -> Revision {
        self.place = Some(place);
        self.appearance(image)
    }
    /// The signature has a place of its own, whose look is another's to give.
    #[must_use]
    pub fn at(mut self, place: Place) -> Revision {
        self.place = Some(place);
        self
    }
    /// The image of the signature, shown where its field already is. A one-page PDF.
    #[must_use]
    pub fn appearance(mut self, image: Vec<u8>) -> Revision {
        self.image = Some(image);
        self
    }
    /// The signature certifies the file: from now on only filling in forms and signing are allowed (DocMDP, level 2).
    /// Only the first signature can.
    #[must_use]
    pub fn certify(mut self) -> Revision {
        self.certify = true;
        self
    }
    /// Adds an empty text field, to be filled in by a later revision.
    #[must_use]
    pub fn add_text_field(mut self, name: impl Into<String>, place: Place) -> Revision {
        self.text_fields.push((name.into(), place));
        self
    }
    /// Adds an empty signature field, to be signed by a later revision. That signature locks every field of the form.
    #[must_use]
    pub fn add_signature_field(mut self, name: impl Into<String>, place: Place) -> Revision {
        self.signature_fields.push((name.into(), place));
        self
    }
    /// Fills in a text field that is there. `image` is a one-page PDF that shows the value; the field becomes read-only.
    #[must_use]
    pub fn fill(mut self, field: impl Into<String>, value: impl Into<String>, image: Vec<u8>) -> Revision {
        self.fills.push((field.into(), value.into(), image));
        self
    }
    /// Why it is signed, as the signature states.
    #[must_use]
    pub fn reason(mut self, text: impl Into<String>) -> Revision {
        self.reason = Some(text.into());
        self
    }
    /// Where it is signed, as the signature states.
    #[must_use]
    pub fn location(mut self, text: impl Into<String>) -> Revision {
        self.location = Some(text.into());
        self
    }
    /// Makes the revision and signs the whole file with it.
    ///
    /// A time stamper that fails lowers the level to B-B, and a warning says so. Whether the certificate may sign now is
    /// asked of [`pki::check_before_signing`] by the caller, who has the trust list.
    ///
    /// # Errors
    /// [`SignError::Pdf`] for a file that cannot be updated, [`SignError::Request`] for a page, field or image that cannot
    /// be used, [`SignError::Key`] when the key does not sign.
    pub fn sign(
        &self,
        pdf: &[u8],
        signer: &dyn Signer,
        at: Timestamp,
        stamper: Option<&dyn TimeStamper>,
    ) -> Result<Signed, SignError> {
        Ok(write::sign(self, pdf.into(), signer, at, stamper)?.to(pdf))
    }
    /// Adds the fields of the revision, its own signature field too, and signs nothing: a paper to be signed elsewhere. What
    /// comes back is asked of [`crate::only_signed`].
    ///
    /// # Errors
    /// As [`Revision::sign`].
    pub fn prepare(&self, pdf: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        Ok([pdf, &write::fields(self, pdf.into(), at)?].concat())
    }
    /// As [`Revision::sign`], for a file that is read in pieces: gives what is to be appended to it, so that memory stays
    /// small however large the file is.
    ///
    /// # Errors
    /// As [`Revision::sign`].
    pub fn append(
        &self,
        source: &Source,
        signer: &dyn Signer,
        at: Timestamp,
        stamper: Option<&dyn TimeStamper>,
    ) -> Result<Appended, SignError> {
        write::sign(self, source.bytes(), signer, at, stamper)
    }
}

/// How many pages a PDF file has: the check that it is one, reads, and is not encrypted.
///
/// # Errors
/// [`PdfError`] when the file cannot be read, or has no page.
pub fn page_count(pdf: &[u8]) -> Result<usize, PdfError> {
    match File::open(pdf)?.pages().count() {
        0 => Err(PdfError::NoCatalog),
        pages => Ok(pages),
    }
}

/// The text fields of a PDF file.
///
/// # Errors
/// [`SignError::Pdf`] when the file cannot be read.
pub fn text_fields(pdf: &[u8]) -> Result<Vec<FieldInfo>, SignError> {
    let file = File::open(pdf).map_err(|error| SignError::Pdf(error.to_string()))?;
    let fields = file.fields().into_iter().filter(|(_, _, field)| field.has_name("FT", "Tx"));
    Ok(fields
        .map(|(name, _, field)| FieldInfo {
            name,
            value: file.get(&field, "V").and_then(|v| v.as_text()),
            read_only: file.get(&field, "Ff").and_then(|f| f.as_integer()).is_some_and(|f| f & 1 == 1),
        })
        .collect())
}

impl Place {
    /// The rectangle in the coordinates of a page with this box.
    pub(super) fn rectangle(&self, page: [f64; 4]) -> Object {
        let (left, top) = (page[0] + self.x, page[3] - self.y);
        Object::rectangle([left, top - self.height, left + self.width, top])
    }
    pub(super) fn check(&self) -> Result<(), SignError> {
        let numbers = [self.x, self.y, self.width, self.height];
        if numbers.iter().any(|n| !n.is_finite()) || self.width < 0.0 || self.height < 0.0 {
            return Err(SignError::Request(format!("a field cannot be placed at {self:?}")));
        }
        Ok(())
    }
}
