# The words of a validation: one sentence for each indication, reason and change (EN 319 102-1, tables 4 to 6).
indication-total-passed = The signature is valid
indication-total-failed = The signature is not valid
indication-indeterminate = What is known does not decide about the signature

sub-indication-format-failure = The signature is malformed, or the file was changed after signing in a way that is not allowed
sub-indication-hash-failure = The content was changed after signing
sub-indication-sig-crypto-failure = The signature value does not fit key and content
sub-indication-revoked-no-poe = The certificate is revoked, and nothing shows that the signature is older
sub-indication-revoked = The certificate was revoked before signing
sub-indication-out-of-bounds-no-poe = The certificate has expired, and nothing shows that the signature is older
sub-indication-out-of-bounds-not-revoked = Signed outside the validity of the certificate
sub-indication-not-yet-valid = The certificate is not valid yet
sub-indication-no-signing-certificate-found = The signer's certificate was not found
sub-indication-no-certificate-chain-found = The certificate leads to no trusted root
sub-indication-certificate-chain-general-failure = The chain of certificates breaks a rule
sub-indication-sig-constraints-failure = The certificate is not for signing documents, or not the one bound to the signature
sub-indication-crypto-constraints-failure = An algorithm or key is too weak or not accepted
sub-indication-try-later = The revocation status of the certificate is not known: check again later
sub-indication-signed-data-not-found = The signed content is not there

integrity-intact = The signed content is unchanged
integrity-broken = The signed content has been changed
integrity-unknown = It cannot be told whether the content is unchanged

changes-none = Nothing has changed since signing
changes-evidence = Only data for long-term validation was added after signing
changes-form-fill = A form was filled in or signed after signing
changes-annotation = Annotations were added, changed or removed after signing
changes-content = Pages or what they show were changed after signing
changes-hidden = After signing there were hidden changes that cannot be told apart from forgery

time-source-time-stamp = time proved by a time stamp
time-source-claimed = time stated by the signer
time-source-none = time of signing unknown

level-pkcs7 = Bare CMS signature, the certificate is not bound
level-b-b = Basic signature
level-b-t = With a time stamp
level-b-lt = With a time stamp and data for long-term validation
level-b-lta = With data for long-term validation and an archive time stamp
level-doctimestamp = Time stamp over the whole document

report-unreadable = The file cannot be read
report-no-signatures = The file has no signature
report-signer = Signed by { $who } at { $at } ({ $source })
report-stamp = Time stamp by { $who } at { $at }
report-not-whole = The signature does not cover what was added later
