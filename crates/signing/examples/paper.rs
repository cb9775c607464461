//! Signs and seals the sample paper under a fresh root and writes both to a folder, to be looked at with any PDF program:
//! `cargo run -p dienhong-signing --example paper -- FOLDER`.

#[path = "../tests/house/mod.rs"]
mod house;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).ok_or("name a folder")?);
    let house = house::House::new(pki::KeyKind::P256);
    let first = house.first(&house::sample("paper.pdf"))?;
    let second = house.second(&first.pdf)?;
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("signed.pdf"), &first.pdf)?;
    std::fs::write(folder.join("sealed.pdf"), &second.pdf)?;
    std::fs::write(folder.join("root.pem"), house.root.certificate().to_pem())?;
    let report = signing::validate::pdf(&second.pdf, &house.trust(), house.now);
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
