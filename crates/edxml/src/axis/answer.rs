//! Answers, and the hash of a sent package.

use kernel::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What every call but `downloadEdoc` answers. `data` is always there on success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// `OK` or `FAIL`.
    pub status: String,
    /// The text `0` on success.
    #[serde(rename = "ErrorCode")]
    pub code: String,
    /// What is wrong, in words.
    #[serde(rename = "ErrorDesc")]
    pub description: String,
    /// What was asked for.
    #[serde(default)]
    pub data: Value,
}

impl Answer {
    /// A success.
    pub fn ok(data: impl Into<Value>) -> Answer {
        Answer { status: "OK".into(), code: "0".into(), description: String::new(), data: data.into() }
    }
    /// A failure.
    pub fn fail(code: impl Into<String>, description: impl Into<String>) -> Answer {
        Answer { status: "FAIL".into(), code: code.into(), description: description.into(), data: Value::Null }
    }
    /// The data of a success, or the code and words of a failure.
    ///
    /// # Errors
    /// The code and the description.
    pub fn into_data(self) -> Result<Value, (String, String)> {
        if self.status == "OK" && self.code == "0" { Ok(self.data) } else { Err((self.code, self.description)) }
    }
}

/// The hash of a package as the software of the axis writes it: each byte in hexadecimal without a leading zero.
pub fn file_hash(digest: &Digest) -> String {
    digest.bytes().iter().map(|byte| format!("{byte:x}")).collect()
}

/// Whether a text is the hash of a package, with the zeros or without.
pub fn file_hash_fits(text: &str, digest: &Digest) -> bool {
    let text = text.to_ascii_lowercase();
    text == digest.to_string() || text == file_hash(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_package_is_believed_with_and_without_its_zeros() {
        let mut bytes = [0xab; 32];
        bytes[..3].copy_from_slice(&[0x0f, 0xf0, 0x00]);
        let digest = Digest(bytes);
        assert_eq!(&file_hash(&digest)[..5], "ff00a");
        assert!(
            file_hash_fits(&file_hash(&digest), &digest) && file_hash_fits(&digest.to_string().to_uppercase(), &digest)
        );
        assert!(!file_hash_fits("", &digest) && !file_hash_fits(&"ab".repeat(32), &digest));
    }

    #[test]
    fn an_answer_is_written_to_the_letter() {
        let text = serde_json::to_string(&Answer::ok(serde_json::json!([]))).unwrap();
        assert_eq!(text, r#"{"status":"OK","ErrorCode":"0","ErrorDesc":"","data":[]}"#);
        let failed: Answer = serde_json::from_str(r#"{"status":"FAIL","ErrorCode":"-1","ErrorDesc":"sai"}"#).unwrap();
        assert_eq!(failed.into_data(), Err(("-1".to_owned(), "sai".to_owned())));
    }
}
