"""How fast pyHanko signs and validates in one process, tuned as far as it goes.

usage: pyhanko_speed.py FOLDER SECONDS
The folder holds paper.pdf, person.p8 and person.pem, tsa.p8 and tsa.pem, issuing.pem, root.pem, crl-*.der, now.txt, and
bb.pdf and lta.pdf, signed elsewhere, to be validated. The script writes its own papers beside them, peer-bb.pdf and
peer-lta.pdf, and prints JSON: how often each is done in a second of this thread's processor time.

Tuned: keys, certificates and lists are read once; one event loop; room for the signature is reserved instead of signing
once more to learn its length; the archive stamp's field has a name, and the evidence is written in one revision with
it, without saying which of it belongs to which signature (ours does say so); the context that is asked before signing keeps
what it found, so that from the second paper on no path is checked again; what was loaded before is left out of garbage
collection. Each validation reads the file anew and begins with a fresh context, since a paper may be by anybody.
"""

import asyncio
import datetime
import gc
import hashlib
import io
import json
import logging
import pathlib
import sys
import time

from asn1crypto import algos, cms, keys, pem, x509
from asn1crypto import crl as asn1_crl
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers, timestamps
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, TimestampDSSContentSettings
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
from pyhanko_certvalidator.registry import SimpleCertificateStore, SimpleTrustManager

folder, seconds = pathlib.Path(sys.argv[1]), float(sys.argv[2])
logging.disable(logging.CRITICAL)


def read(name):
    return (folder / name).read_bytes()


def certificate(name):
    return x509.Certificate.load(pem.unarmor(read(name))[2])


def raw_signature(key, data):
    """By OpenSSL, with SHA-256, as the key is."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(SHA256()))
    return key.sign(data, padding.PKCS1v15(), SHA256())


class CachedSigner(signers.SimpleSigner):
    """pyHanko's signer reads the key anew for each signature; this one keeps it."""

    kept = load_der_private_key(read("person.p8"), None)

    def sign_raw(self, data, digest_algorithm):
        return raw_signature(self.kept, data)


class CachedStamper(timestamps.DummyTimeStamper):
    """pyHanko's stamper in this process, with its key kept, and with keys other than RSA too."""

    kept = load_der_private_key(read("tsa.p8"), None)

    def _sign_tst_info(self, tst_info_data, md_algorithm, dt):
        attributes = cms.CMSAttributes(
            [
                simple_cms_attribute("content_type", "tst_info"),
                simple_cms_attribute("signing_certificate_v2", as_signing_certificate_v2(self.tsa_cert)),
                simple_cms_attribute("message_digest", hashlib.new(md_algorithm, tst_info_data).digest()),
            ]
        )
        return raw_signature(self.kept, attributes.dump()), attributes

    def _build_signed_data(self, *parts):
        message = super()._build_signed_data(*parts)
        if isinstance(self.kept, ec.EllipticCurvePrivateKey):
            algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
            message["signer_infos"][0]["signature_algorithm"] = algorithm
        return message


now = datetime.datetime.fromisoformat((folder / "now.txt").read_text())
root, issuing = certificate("root.pem"), certificate("issuing.pem")
registry = SimpleCertificateStore()
registry.register_multiple([root, issuing])
signer = CachedSigner(
    certificate("person.pem"), keys.PrivateKeyInfo.load(read("person.p8")), registry, embed_roots=False
)
stamper = CachedStamper(
    certificate("tsa.pem"), keys.PrivateKeyInfo.load(read("tsa.p8")), [issuing], fixed_dt=now, include_nonce=False
)
crls = [asn1_crl.CertificateList.load(path.read_bytes()) for path in folder.glob("crl-*.der")]
anchors = SimpleTrustManager.build(trust_roots=[root])
paper, bb, lta = read("paper.pdf"), read("bb.pdf"), read("lta.pdf")


def pdf_signer(stamped, **more):
    meta = signers.PdfSignatureMetadata(
        field_name="Sig1", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES, **more
    )
    return signers.PdfSigner(meta, signer, timestamper=stamper if stamped else None)


async def write(by):
    return (await by.async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(paper)), bytes_reserved=16384)).getvalue()


bb_signer = pdf_signer(stamped=False)
lta_signer = pdf_signer(
    stamped=True,
    embed_validation_info=True,
    use_pades_lta=True,
    timestamp_field_name="Stamp1",
    dss_settings=DSSContentSettings(
        include_vri=False, next_ts_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True)
    ),
    validation_context=ValidationContext(
        trust_manager=anchors, other_certs=[issuing], crls=crls, moment=now, allow_fetching=False,
        revocation_mode="hard-fail",
    ),
)
# As ours: the evidence is in the file alone, the status of every certificate is required, and all of it is judged at
# the same moment: the signature, its stamp, the archive stamp, their paths, and what came into the file after signing.
long_term = PdfSignatureValidationSpec(
    SignatureValidationSpec(
        cert_validation_policy=CertValidationPolicySpec(
            trust_manager=anchors,
            revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy("require")),
        ),
        revinfo_gathering_policy=RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY),
    )
)
timing = ValidationTimingInfo(validation_time=now, best_signature_time=now, point_in_time_validation=False)


async def validate_bb():
    embedded = PdfFileReader(io.BytesIO(bb)).embedded_signatures[0]
    context = ValidationContext(trust_manager=anchors, other_certs=[issuing], moment=now, allow_fetching=False)
    assert (await async_validate_pdf_signature(embedded, context)).bottom_line


async def validate_lta():
    embedded = PdfFileReader(io.BytesIO(lta)).embedded_signatures[0]
    result = await ades_lta_validation(embedded, long_term, timing_info=timing)
    assert result.ades_subindic == AdESPassed.OK, result.failure_msg


async def rate(work):
    """In the best of many short stretches, as ours is measured."""
    await work()
    start, best = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        count, begun, busy = 0, time.perf_counter(), time.thread_time()
        while time.perf_counter() - begun < 0.1:
            await work()
            count += 1
        best = max(best, count / (time.thread_time() - busy))
    return best


async def key():
    raw_signature(CachedSigner.kept, b"x")


async def main():
    for name, made_by in [("peer-bb.pdf", bb_signer), ("peer-lta.pdf", lta_signer)]:
        (folder / name).write_bytes(await write(made_by))
    gc.collect()
    gc.freeze()
    rates = {
        "key": await rate(key),
        "bb_sign": await rate(lambda: write(bb_signer)),
        "bb_validate": await rate(validate_bb),
        "lta_sign": await rate(lambda: write(lta_signer)),
        "lta_validate": await rate(validate_lta),
    }
    json.dump(rates, sys.stdout)


asyncio.run(main())
