//! Forms, fonts and Typst's caches, loaded once and shared by all threads.

use crate::{
    Form, TypesetError,
    assets::{self, Fonts},
    data::{self, Checked},
    frames::{self, Found},
    schema,
    world::{Desk, Shared},
};
use kernel::Timestamp;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
    sync::atomic::{AtomicU32, Ordering},
};
use typst::{comemo, foundations::Datetime, foundations::Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};
use typst_render::RenderOptions;

/// Where forms and fonts come from, and how large a paper may be. The default is what the program carries.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A folder in place of the embedded `papers/`.
    pub papers: Option<PathBuf>,
    /// A folder with the four Tinos TTFs in place of the embedded `web/dist/fonts-print/`.
    pub fonts: Option<PathBuf>,
    /// Limits on what one paper may hold.
    pub limits: Limits,
}

/// Limits that keep time and memory of one paper bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All data together: bytes of its text in UTF-8, and 32 for every value.
    pub weight: u64,
    /// One image, in bytes of PNG.
    pub image_bytes: u64,
    /// One image, in pixels.
    pub image_pixels: u64,
    /// Pages.
    pub pages: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { weight: 2_000_000, image_bytes: 2_000_000, image_pixels: 4_000_000, pages: 600 }
    }
}

/// A box on a page where something is put later: PDF points (1/72 inch), origin at the page's bottom left, x and y of
/// the box's bottom-left corner. In the boxes of a line (`number`, `date`) the letters stand 5 points above the bottom
/// edge; stamps made for them do so too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anchor {
    /// The page, from 1.
    pub page: u32,
    /// Left edge.
    pub x: f64,
    /// Bottom edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Anchor {
    /// The size that a stamp for this box must have.
    pub fn size(&self) -> Size {
        Size { w: self.w, h: self.h }
    }
}

/// The exact size of a stamp, in PDF points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// A finished paper.
#[derive(Debug, Clone)]
pub struct Typeset {
    /// The PDF/A-2b.
    pub pdf: Vec<u8>,
    /// How many pages.
    pub pages: u32,
    /// Boxes to fill later, by name: `number`, `date`, `signature`, `seal`, …
    pub anchors: BTreeMap<String, Anchor>,
    /// All text in reading order with the page numbers, NFC; lines end with `\n`, pages with a form feed.
    pub text: String,
}

/// The paper forms, ready to print. Cheap to clone; used from many threads. Setting a paper is work for the processor
/// (a few milliseconds): call it where blocking is allowed.
#[derive(Clone)]
pub struct Papers(Arc<Loaded>);

struct Loaded {
    shared: Shared,
    forms: BTreeMap<String, Form>,
    samples: BTreeMap<String, Value>,
    limits: Limits,
    printed: AtomicU32,
}

impl std::fmt::Debug for Papers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Papers").field("forms", &self.0.forms.keys()).finish_non_exhaustive()
    }
}

impl Papers {
    /// Loads forms and fonts: every TOML, sample and template is read and parsed.
    ///
    /// # Errors
    /// [`TypesetError::Fonts`] when fonts are missing; [`TypesetError::BadForm`] naming file and line.
    pub fn load(options: &Options) -> Result<Papers, TypesetError> {
        let fonts = Fonts::load(options.fonts.as_deref())?;
        let files = assets::papers(options.papers.as_deref())?;
        let groups = match files.get("groups.toml") {
            Some(text) => schema::groups("groups.toml", text)?,
            None => schema::Groups::new(),
        };
        let (mut forms, mut samples) = (BTreeMap::new(), BTreeMap::new());
        for (name, text) in &files {
            let Some(code) = name.strip_suffix(".toml").filter(|code| *code != "groups") else { continue };
            let bad = |file: String, why: &str| TypesetError::BadForm { file, why: why.to_owned() };
            if !files.contains_key(&format!("{code}.typ")) {
                return Err(bad(name.clone(), "its template is missing (same name, .typ)"));
            }
            let sample_file = format!("samples/{}.json", code.replace('/', "-"));
            let sample = files.get(&sample_file).ok_or_else(|| bad(sample_file.clone(), "every form has a sample"))?;
            let sample = serde_json::from_str(sample).map_err(|error| bad(sample_file, &error.to_string()))?;
            forms.insert(code.to_owned(), Form::parse(code, text, &groups)?);
            samples.insert(code.to_owned(), sample);
        }
        let shared = Shared::new(fonts, &files)?;
        let limits = options.limits;
        Ok(Papers(Arc::new(Loaded { shared, forms, samples, limits, printed: AtomicU32::new(0) })))
    }

    /// Every form, by code.
    pub fn forms(&self) -> impl Iterator<Item = &Form> {
        self.0.forms.values()
    }

    /// One form.
    pub fn form(&self, code: &str) -> Option<&Form> {
        self.0.forms.get(code)
    }

    /// The form's sample data (`papers/samples/<code>.json`, `/` as `-`): synthetic people.
    pub fn sample(&self, code: &str) -> Option<Value> {
        self.0.samples.get(code).cloned()
    }

    /// Prints every form with its sample, to show that all are sound. Takes as long as printing them.
    ///
    /// # Errors
    /// The first form's that fails.
    pub fn try_all(&self) -> Result<(), TypesetError> {
        self.0.samples.iter().try_for_each(|(form, sample)| match form.starts_with("stamps/") {
            true => self.stamp(form, sample, Size { w: 240.0, h: 60.0 }).map(|_| ()),
            false => self.render(form, sample, Timestamp::from_micros(0)).map(|_| ()),
        })
    }

    /// Checks data without setting the paper.
    ///
    /// # Errors
    /// [`TypesetError::Data`] with every problem and the path of its field; [`TypesetError::TooLarge`].
    pub fn check(&self, form: &str, data: &Value) -> Result<(), TypesetError> {
        self.checked(form, data).map(|_| ())
    }

    /// Sets a paper. `at` goes into the PDF's metadata. Same form, data and `at`: same bytes.
    ///
    /// # Errors
    /// As [`Papers::check`]; [`TypesetError::BadForm`] when the template fails on this data.
    pub fn render(&self, form: &str, data: &Value, at: Timestamp) -> Result<Typeset, TypesetError> {
        let checked = self.checked(form, data)?;
        self.set(form, checked, |desk, document, found| {
            let pdf = pdf(desk, document, form, data, at, true)?;
            let pages = u32::try_from(document.pages().len()).unwrap_or(u32::MAX);
            Ok(Typeset { pdf, pages, anchors: found.anchors, text: kernel::text::nfc(&found.text).into_owned() })
        })
    }

    /// How many pages the paper has, without making its PDF.
    ///
    /// # Errors
    /// As [`Papers::render`].
    pub fn pages(&self, form: &str, data: &Value) -> Result<u32, TypesetError> {
        let checked = self.checked(form, data)?;
        self.set(form, checked, |_, document, _| Ok(u32::try_from(document.pages().len()).unwrap_or(u32::MAX)))
    }

    /// The pages as PNG images, `scale` pixels per point (2.0 is good for screens; held between 0.25 and 5).
    ///
    /// # Errors
    /// As [`Papers::render`].
    pub fn preview(&self, form: &str, data: &Value, scale: f32) -> Result<Vec<Vec<u8>>, TypesetError> {
        let checked = self.checked(form, data)?;
        let scale = if scale.is_finite() { scale.clamp(0.25, 5.0) } else { 2.0 };
        let options = RenderOptions { pixel_per_pt: f64::from(scale).into(), render_bleed: false };
        self.set(form, checked, |_, document, _| {
            let pages = document.pages().iter().map(|page| {
                let image = typst_render::render(page, &options);
                image.encode_png().map_err(|error| fault(form, error))
            });
            pages.collect()
        })
    }

    /// A one-page PDF of exactly this size with a transparent ground, to be placed as a Form XObject. Its fonts are
    /// embedded and it has no structure tree, so that its content can be moved into another file.
    ///
    /// # Errors
    /// As [`Papers::render`]; [`TypesetError::StampSize`].
    pub fn stamp(&self, form: &str, data: &Value, size: Size) -> Result<Vec<u8>, TypesetError> {
        if !(1.0..=2000.0).contains(&size.w) || !(1.0..=2000.0).contains(&size.h) {
            return Err(TypesetError::StampSize(size.w.to_string(), size.h.to_string()));
        }
        let mut checked = self.checked(form, data)?;
        checked.json["size"] = json!({"w": size.w, "h": size.h});
        self.set(form, checked, |desk, document, _| pdf(desk, document, form, data, Timestamp::from_micros(0), false))
    }

    fn checked(&self, form: &str, data: &Value) -> Result<Checked, TypesetError> {
        let declared = self.form(form).ok_or_else(|| TypesetError::UnknownForm(form.to_owned()))?;
        data::check(declared, data, &self.0.limits, &self.0.shared.fonts)
    }

    /// Compiles, checks the result, and hands it to `then`. Whatever panics inside becomes an error.
    fn set<T>(
        &self,
        form: &str,
        checked: Checked,
        then: impl FnOnce(&Desk<'_>, &PagedDocument, Found) -> Result<T, TypesetError>,
    ) -> Result<T, TypesetError> {
        let desk = Desk::new(&self.0.shared, &format!("{form}.typ"), &checked.json, checked.images)?;
        let done = catch_unwind(AssertUnwindSafe(|| {
            let document: PagedDocument = typst::compile(&desk).output.map_err(|errors| desk.complaint(&errors))?;
            let pages = u32::try_from(document.pages().len()).unwrap_or(u32::MAX);
            if pages > self.0.limits.pages {
                let (what, limit) = (format!("{pages} pages"), u64::from(self.0.limits.pages));
                return Err(TypesetError::TooLarge { form: form.to_owned(), what, limit });
            }
            let found = frames::read(&document);
            if let Some(run) = found.missing {
                let why = format!("no print font has all letters of {run:?}");
                return Err(TypesetError::BadForm { file: format!("{form}.typ"), why });
            }
            if let Some(text) = found.outside {
                return Err(TypesetError::Outside { form: form.to_owned(), text });
            }
            then(&desk, &document, found)
        }));
        self.forget_old_results();
        done.unwrap_or_else(|panic| Err(fault(form, panic_text(&*panic))))
    }

    /// Typst keeps results to reuse them. Those of a paper are of no use to the next one, those of the forms' shared
    /// parts are: a few rounds without use and a result is dropped, so memory stays bounded.
    fn forget_old_results(&self) {
        if self.0.printed.fetch_add(1, Ordering::Relaxed) % 8 == 7 {
            comemo::evict(2);
        }
    }
}

fn fault(form: &str, why: impl ToString) -> TypesetError {
    TypesetError::Fault { form: form.to_owned(), why: why.to_string() }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}

fn pdf(
    desk: &Desk<'_>,
    document: &PagedDocument,
    form: &str,
    data: &Value,
    at: Timestamp,
    tagged: bool,
) -> Result<Vec<u8>, TypesetError> {
    let standards = PdfStandards::new(&[PdfStandard::A_2b]).map_err(|error| fault(form, error.message()))?;
    let options = PdfOptions {
        // The document id of the PDF: the same for the same paper, another for another.
        ident: Smart::Custom(format!("{form} {data} {}", at.micros())),
        creator: Smart::Custom(Some("Diên Hồng".to_owned())),
        timestamp: metadata_time(at),
        page_ranges: None,
        standards,
        tagged,
        pretty: false,
    };
    typst_pdf::pdf(document, &options).map_err(|errors| desk.complaint(&errors))
}

/// The instant as Viet Nam's civil time, which is UTC+7 for every instant that the program meets.
fn metadata_time(at: Timestamp) -> Option<typst_pdf::Timestamp> {
    let day = at.day();
    let second = (at.seconds() + 7 * 3600).rem_euclid(86_400);
    let part = |n: i64| u8::try_from(n).ok();
    let time = Datetime::from_ymd_hms(
        i32::from(day.year()),
        u8::try_from(day.month()).ok()?,
        u8::try_from(day.day_of_month()).ok()?,
        part(second / 3600)?,
        part(second / 60 % 60)?,
        part(second % 60)?,
    )?;
    typst_pdf::Timestamp::new_local(time, 7 * 60)
}
