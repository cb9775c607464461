//! Writes `policies/matrix.txt` anew from the policies.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let policies = policy::Policies::load(Some(&folder))?;
    std::fs::write(folder.join("matrix.txt"), policy::matrix::text(&policies))?;
    Ok(())
}
