//! Prints a paper, for whoever writes a form: `cargo run -p dienhong-typeset --example print -- FORM OUT.pdf [DATA.json]`.
//! Without data the form's sample is printed. A stamp is printed 240 by 60 points large.

use std::{error::Error, path::PathBuf};
use typeset::{Options, Papers, Size};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(form), Some(out)) = (args.next(), args.next()) else {
        return Err("usage: print FORM OUT.pdf [DATA.json]; FORM is a file of papers/ without .typ".into());
    };
    let checkout = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let papers = Papers::load(&Options {
        papers: Some(checkout.join("papers")),
        fonts: Some(checkout.join("web/dist/fonts-print")),
        ..Options::default()
    })?;
    let data = match args.next() {
        Some(file) => serde_json::from_str(&std::fs::read_to_string(file)?)?,
        None => papers.sample(&form).ok_or("there is no such form")?,
    };
    if form.starts_with("stamps/") {
        std::fs::write(&out, papers.stamp(&form, &data, Size { w: 240.0, h: 60.0 })?)?;
        return Ok(());
    }
    let paper = papers.render(&form, &data, kernel::Timestamp::from_micros(0))?;
    std::fs::write(&out, &paper.pdf)?;
    println!("{} pages; anchors: {:#?}", paper.pages, paper.anchors);
    Ok(())
}
