"""Judges the signatures of a PDF file with pyHanko; prints one JSON object.

usage: pdf_signatures.py FILE ROOT_PEM [--at ISO_TIME] [--crl DER]... [--lta]
"""

import argparse
import asyncio
import datetime
import json
import pathlib
import sys

from asn1crypto import crl as asn1_crl
from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
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
from pyhanko_certvalidator.registry import SimpleTrustManager


def certificates(path):
    data = pathlib.Path(path).read_bytes()
    return [x509.Certificate.load(der) for _, _, der in pem.unarmor(data, multiple=True)]


def judge(embedded, context, long_term):
    if embedded.sig_object.get("/Type") == "/DocTimeStamp":
        status = validate_pdf_timestamp(embedded, context)
        return {"field": embedded.field_name, "bottom_line": status.valid and status.trusted, "timestamp": True,
                "coverage": status.coverage.name}
    if long_term:
        return judge_long_term(embedded, **long_term)
    status = validate_pdf_signature(embedded, context, context)
    stamp = status.timestamp_validity
    return {
        "field": embedded.field_name,
        "bottom_line": status.bottom_line,
        "intact": status.intact,
        "valid": status.valid,
        "trusted": status.trusted,
        "coverage": status.coverage.name,
        "modification": status.modification_level.name if status.modification_level else None,
        "docmdp_ok": status.docmdp_ok,
        "stamped": bool(stamp and stamp.valid and stamp.trusted),
        "summary": status.summary(),
    }


def judge_long_term(embedded, roots, moment):
    """EN 319 102-1, 5.6: with the evidence in the file alone, every status required."""
    rules = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=roots),
        revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy("require")),
    )
    local = RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)
    spec = PdfSignatureValidationSpec(
        SignatureValidationSpec(cert_validation_policy=rules, revinfo_gathering_policy=local)
    )
    moment = moment or datetime.datetime.now(tz=datetime.timezone.utc)
    timing = ValidationTimingInfo(
        validation_time=moment, best_signature_time=moment, point_in_time_validation=False
    )
    result = asyncio.run(ades_lta_validation(embedded, spec, timing_info=timing))
    return {"field": embedded.field_name, "ades": str(result.ades_subindic),
            "bottom_line": result.ades_subindic.status.name == "PASSED", "why": result.failure_msg}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("roots")
    parser.add_argument("--at")
    parser.add_argument("--crl", action="append", default=[])
    parser.add_argument("--lta", action="store_true", help="with the evidence in the file, as PAdES B-LTA")
    args = parser.parse_args()
    moment = datetime.datetime.fromisoformat(args.at) if args.at else None
    crls = [asn1_crl.CertificateList.load(pathlib.Path(p).read_bytes()) for p in args.crl]

    out = {"signatures": [], "error": None}
    try:
        with open(args.file, "rb") as handle:
            reader = PdfFileReader(handle, strict=False)
            for embedded in reader.embedded_signatures:
                context = ValidationContext(
                    trust_roots=certificates(args.roots), moment=moment, allow_fetching=False, crls=crls or None
                )
                long_term = {"roots": certificates(args.roots), "moment": moment} if args.lta else None
                try:
                    out["signatures"].append(judge(embedded, context, long_term))
                except Exception as error:  # a refusal is a judgement too
                    out["signatures"].append(
                        {"field": embedded.field_name, "bottom_line": False, "error": f"{type(error).__name__}: {error}"}
                    )
    except Exception as error:
        out["error"] = f"{type(error).__name__}: {error}"
    json.dump(out, sys.stdout)


if __name__ == "__main__":
    main()
