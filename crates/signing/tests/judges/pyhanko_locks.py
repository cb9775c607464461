"""Signs with pyHanko what locks fields, and in hybrid files; prints what pyHanko itself says of each file.

usage: pyhanko_locks.py FOLDER
The folder holds paper.pdf, hybrid.pdf, person.p8, person.pem, issuing.pem, root.pem and now.txt.
"""

import datetime
import json
import pathlib
import sys

from asn1crypto import keys, pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

folder = pathlib.Path(sys.argv[1])


def certificate(name):
    return x509.Certificate.load(pem.unarmor((folder / name).read_bytes())[2])


now = datetime.datetime.fromisoformat((folder / "now.txt").read_text())
registry = SimpleCertificateStore()
registry.register_multiple([certificate("root.pem"), certificate("issuing.pem")])
key = keys.PrivateKeyInfo.load((folder / "person.p8").read_bytes())
signer = signers.SimpleSigner(certificate("person.pem"), key, registry)


def sign(source, target, name, spec=None, **more):
    with open(folder / source, "rb") as handle:
        writer = IncrementalPdfFileWriter(handle, strict=False)
        meta = signers.PdfSignatureMetadata(
            field_name=name, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES, **more
        )
        with open(folder / target, "wb") as out:
            signers.PdfSigner(meta, signer, new_field_spec=spec).sign_pdf(writer, output=out)


def lock(name, action, names=None):
    return fields.SigFieldSpec(name, field_mdp_spec=fields.FieldMDPSpec(action, fields=names))


sign("hybrid.pdf", "hybrid-signed.pdf", "Sig1")
sign("hybrid-signed.pdf", "hybrid-twice.pdf", "Sig2")
sign("paper.pdf", "lock-all.pdf", "Sig1", lock("Sig1", fields.FieldMDPAction.ALL))
sign("lock-all.pdf", "lock-all-then-signed.pdf", "Sig2")
sign("paper.pdf", "lock-other.pdf", "Sig1", lock("Sig1", fields.FieldMDPAction.INCLUDE, ["Khac"]))
sign("lock-other.pdf", "lock-other-then-signed.pdf", "Sig2")
sign("paper.pdf", "closed.pdf", "Sig1", certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES)
sign("paper.pdf", "notes.pdf", "Sig1", certify=True, docmdp_permissions=fields.MDPPerm.ANNOTATE)
sign("notes.pdf", "notes-then-signed.pdf", "Sig2")

verdicts = {}
for file in folder.glob("*.pdf"):
    with open(file, "rb") as handle:
        out = []
        for embedded in PdfFileReader(handle, strict=False).embedded_signatures:
            context = ValidationContext(trust_roots=[certificate("root.pem")], moment=now, allow_fetching=False)
            out.append(bool(validate_pdf_signature(embedded, context).bottom_line))
    if out:
        verdicts[file.name] = out
json.dump(verdicts, sys.stdout)
