"""Signs a PDF file with pyHanko in several ways, so that our validator can judge what others sign.

usage: pyhanko_signs.py FOLDER
The folder holds paper.pdf, person.p8 and person.pem, tsa.p8 and tsa.pem, issuing.pem, root.pem, crl-*.der and now.txt;
the signed files are written into it.
"""

import asyncio
import datetime
import pathlib
import sys

from asn1crypto import crl as asn1_crl
from asn1crypto import keys, pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

folder = pathlib.Path(sys.argv[1])


def certificate(name):
    return x509.Certificate.load(pem.unarmor((folder / name).read_bytes())[2])


def key(name):
    return keys.PrivateKeyInfo.load((folder / name).read_bytes())


now = datetime.datetime.fromisoformat((folder / "now.txt").read_text())
root, issuing = certificate("root.pem"), certificate("issuing.pem")
registry = SimpleCertificateStore()
registry.register_multiple([root, issuing])
signer = signers.SimpleSigner(certificate("person.pem"), key("person.p8"), registry)
stamper = timestamps.DummyTimeStamper(
    certificate("tsa.pem"), key("tsa.p8"), certs_to_embed=registry, fixed_dt=now, include_nonce=False
)
crls = [asn1_crl.CertificateList.load(p.read_bytes()) for p in folder.glob("crl-*.der")]


def context():
    return ValidationContext(
        trust_roots=[root], other_certs=[issuing], crls=crls, moment=now, allow_fetching=False, revocation_mode="hard-fail"
    )


async def sign(source, target, stamped=False, field=None, **more):
    with open(folder / source, "rb") as handle:
        writer = IncrementalPdfFileWriter(handle, strict=False)
        meta = signers.PdfSignatureMetadata(
            md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES, **{"field_name": "Sig1", **more}
        )
        pdf_signer = signers.PdfSigner(meta, signer, timestamper=stamper if stamped else None, new_field_spec=field)
        with open(folder / target, "wb") as out:
            await pdf_signer.async_sign_pdf(writer, output=out)


async def main():
    await sign("paper.pdf", "bb.pdf")
    await sign("paper.pdf", "bt.pdf", stamped=True)
    await sign("paper.pdf", "visible.pdf", field=fields.SigFieldSpec("Sig1", box=(100, 100, 300, 160)))
    await sign("paper.pdf", "certified.pdf", certify=True, docmdp_permissions=fields.MDPPerm.FILL_FORMS)
    await sign("bb.pdf", "twice.pdf", field_name="Sig2")
    await sign("twice.pdf", "thrice.pdf", stamped=True, field_name="Sig3")
    evidence = {"embed_validation_info": True, "validation_context": context()}
    await sign("paper.pdf", "lt.pdf", stamped=True, **evidence)
    await sign("paper.pdf", "lta.pdf", stamped=True, use_pades_lta=True, **evidence)


asyncio.run(main())
