"""How fast pyHanko signs and validates in one process, tuned: key and chain loaded once, room reserved.

usage: pyhanko_speed.py FOLDER SECONDS
The folder holds paper.pdf, person.p8, person.pem, issuing.pem, root.pem and now.txt. Prints JSON: signatures and
validations per second.
"""

import datetime
import io
import json
import pathlib
import sys
import time

from asn1crypto import keys, pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

folder, seconds = pathlib.Path(sys.argv[1]), float(sys.argv[2])


def certificate(name):
    return x509.Certificate.load(pem.unarmor((folder / name).read_bytes())[2])


now = datetime.datetime.fromisoformat((folder / "now.txt").read_text())
registry = SimpleCertificateStore()
registry.register_multiple([certificate("root.pem"), certificate("issuing.pem")])
key = keys.PrivateKeyInfo.load((folder / "person.p8").read_bytes())
signer = signers.SimpleSigner(certificate("person.pem"), key, registry)
paper = (folder / "paper.pdf").read_bytes()
meta = signers.PdfSignatureMetadata(
    field_name="Sig1", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
)
pdf_signer = signers.PdfSigner(meta, signer)


def sign():
    return pdf_signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(paper)), bytes_reserved=16384).getvalue()


signed = sign()


def validate():
    embedded = PdfFileReader(io.BytesIO(signed)).embedded_signatures[0]
    context = ValidationContext(trust_roots=[certificate("root.pem")], moment=now, allow_fetching=False)
    assert validate_pdf_signature(embedded, context).bottom_line


def rate(work):
    work()
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        work()
        count += 1
    return count / (time.perf_counter() - start)


json.dump({"sign": rate(sign), "validate": rate(validate)}, sys.stdout)
