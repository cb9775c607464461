"""What pyHanko says of a signature whose certificate was revoked (EN 319 102-1, 5.5, with time): prints the indication.

usage: revoked.py PDF ROOT_PEM [--crl DER]... [--ocsp DER]... [--cert PEM]...
"""

import argparse
import asyncio
import datetime
import pathlib

from asn1crypto import crl, ocsp, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.ades import ades_with_time_validation
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer


def certificates(path):
    data = pathlib.Path(path).read_bytes()
    return [x509.Certificate.load(der) for _, _, der in pem.unarmor(data, multiple=True)]


def read(paths):
    return [pathlib.Path(path).read_bytes() for path in paths]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("root")
    for name in ("crl", "ocsp", "cert"):
        parser.add_argument(f"--{name}", action="append", default=[])
    args = parser.parse_args()
    answers = [one for der in read(args.ocsp) for one in OCSPContainer.load_multi(ocsp.OCSPResponse.load(der))]
    known = LocalKnowledge(
        known_crls=[CRLContainer(crl.CertificateList.load(der)) for der in read(args.crl)],
        known_ocsps=answers,
        known_certs=[one for path in args.cert for one in certificates(path)],
    )
    rules = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=certificates(args.root)),
        revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy("require")),
    )
    local = RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)
    spec = SignatureValidationSpec(cert_validation_policy=rules, revinfo_gathering_policy=local, local_knowledge=known)
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    timing = ValidationTimingInfo(validation_time=now, best_signature_time=now, point_in_time_validation=False)
    with open(args.file, "rb") as handle:
        embedded = PdfFileReader(handle, strict=False).embedded_signatures[0]
        digest = embedded.compute_digest()
        judged = ades_with_time_validation(embedded.signed_data, spec, timing_info=timing, raw_digest=digest)
        result = asyncio.run(judged)
    print(result.ades_subindic, result.failure_msg or "")


if __name__ == "__main__":
    main()
