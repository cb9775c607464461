//! The library at the command line: `statute akn FILE…`, `commands`, `outline`, `oddities`, `refs`, `consolidate ROWS`, `propose ROWS`.

use std::io::Write as _;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((command, files)) = args.split_first() else {
        eprintln!("statute akn|commands|outline|oddities|refs|consolidate|propose FILE…");
        return;
    };
    let mut out = std::io::stdout().lock();
    for file in files {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("{file}: {error}");
                continue;
            }
        };
        let answer = match command.as_str() {
            "consolidate" => statute::batch::consolidate_lines(&text, &[]).join("\n"),
            "propose" => statute::batch::propose_lines(&text).join("\n"),
            "akn" => statute::akn::write(&statute::parse::parse(&text).law, &statute::akn::Options::default()),
            "commands" => commands(&text),
            "outline" => statute::parse::parse(&text).law.outline(),
            "oddities" => statute::parse::parse(&text).oddities.iter().map(|o| format!("{o:?}\n")).collect(),
            "refs" => {
                serde_json::to_string(&statute::refs::references(&statute::parse::parse(&text).law)).unwrap_or_default()
            }
            other => format!("no command {other}"),
        };
        let _ = writeln!(out, "{answer}");
    }
}

/// What an amending law commands, one line each, and what is left to a person.
fn commands(text: &str) -> String {
    let read = statute::amend::read_law(&statute::parse::parse(text).law);
    let mut out = String::new();
    for c in &read.commands {
        let to: Vec<String> = c.addresses.iter().map(ToString::to_string).collect();
        let target = c.target.as_ref().map(ToString::to_string).unwrap_or_default();
        out.push_str(&format!("{}: {} [{}] {target}\n", c.place.provision, c.action.done(), to.join(", ")));
    }
    for f in &read.flags {
        out.push_str(&format!("? {f} – {}\n", f.place.text));
    }
    out
}
