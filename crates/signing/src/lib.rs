//! Signs and validates: PAdES in PDF files, CAdES beside any bytes; keeps private keys sealed under a master key.
//!
//! A tool without database. Calls are synchronous and take milliseconds: callers on an async runtime use `spawn_blocking`.
//!
//! The public face, being filled in:
//! ```text
//! // keys at rest
//! MasterKey::random(&entropy) ; MasterKey::from_bytes([u8; 32]) ; MasterKey::from_passphrase(&str, salt: &[u8; 16])? ; key.to_hex() (for a key file, Zeroizing<String>)
//! master.seal("context", plaintext: &[u8], &entropy) -> Sealed   (serde: one text) ; master.open("context", &Sealed)? -> Zeroizing<Vec<u8>>
//!
//! // signers
//! trait Signer: Send + Sync { fn chain(&self) -> &[Certificate]; fn sign(&self, data: &[u8]) -> Result<Vec<u8>, SignError>; fn scheme(&self) -> Scheme }
//! SoftwareSigner::new(pki::PrivateKey, chain: Vec<Certificate>)? ; SoftwareSigner::unseal(&master, "context", &Sealed, chain)?
//! trait TimeStamper: Send + Sync { fn stamp(&self, imprint: &kernel::Digest) -> Result<Vec<u8> /* token, CMS DER */, SignError> }
//! LocalTimeStamper::new(Arc<dyn Signer> /* Profile::TimeStamping */, Arc<dyn Clock>, Arc<dyn Entropy>)
//!
//! // PAdES. Places are in PDF points from the top left corner of the page, pages count from 1.
//! let place = Place { page: 1, x: 320.0, y: 600.0, width: 150.0, height: 60.0 };
//! let first = Revision::new("ChuKy")                               // name of the signature field
//!     .visible(place, image_pdf /* one-page PDF of the same size */)   // leave out: invisible
//!     .certify()                                                   // DocMDP: fill in forms and sign, nothing else
//!     .add_text_field("So", place_of_number).add_text_field("NgayThang", place_of_date).add_signature_field("ConDau", place_of_seal)
//!     .reason("Ký ban hành").location("Hà Nội")
//!     .sign(&pdf, &signer, at, Some(&stamper))?;                   // -> Signed { pdf: Vec<u8>, level: Level, warnings: Vec<String> }
//! let second = Revision::new("ConDau")                             // an existing empty field is taken; its place is kept
//!     .appearance(seal_pdf)
//!     .fill("So", "1344", number_pdf).fill("NgayThang", "ngày 05 tháng 01 năm 2025", date_pdf)
//!     .lock_all()                                                  // FieldMDP: every field locked
//!     .sign(&first.pdf, &seal_signer, at, Some(&stamper))?;
//! signing::pades::text_fields(&pdf)? -> Vec<FieldInfo { name, value, .. }>
//!
//! // CAdES detached, for ballots and other bytes
//! cades::sign_detached(data, &signer, at, Option<&dyn TimeStamper>)? -> Signature { cms: Vec<u8>, level, warnings }
//! cades::verify_detached(data, cms, &Trust, at) -> SignatureReport
//!
//! // validation: never panics, never an Err for a bad signature; Err only when the bytes are no PDF at all
//! let trust = Trust { anchors: TrustAnchors, crls: Vec<Crl>, certificates: Vec<Certificate> };
//! validate::pdf(&bytes, &trust, at) -> Report { error: Option<String>, signatures: Vec<SignatureReport> }   (Serialize)
//! SignatureReport { field, signer: Party { name, position, body }, level, signing_time, time_source, indication, sub_indication,
//!                   integrity, covers_whole_document, changes_after, reasons: Vec<String> }
//! ```
