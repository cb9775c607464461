//! A release build carries the forms and fonts: it is built again when a file of either folder comes, goes or changes.
//! A debug build reads them from the checkout.

#[allow(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../../papers");
        println!("cargo::rerun-if-changed=../../web/dist/fonts-print");
    }
}
