"""Signs and judges XML signatures with signxml.

usage: signxml_judge.py FOLDER verify FILE | sign FILE FORM | part FILE
The folder holds person.pem, chain.pem, root.pem, law.xml and now.txt.
"""

import datetime
import pathlib
import sys

from lxml import etree
from signxml import CanonicalizationMethod, SignatureConstructionMethod, SignatureMethod, XMLSigner
from signxml.xades import XAdESSignatureConfiguration, XAdESSigner, XAdESVerifier

folder, act, name = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
FORMS = {
    "inclusive": CanonicalizationMethod.CANONICAL_XML_1_0,
    "c14n11": CanonicalizationMethod.CANONICAL_XML_1_1,
}


def key_and_chain():
    key = (folder / "person.pem").read_bytes()
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.hazmat.primitives.asymmetric import ec

    kind = SignatureMethod.ECDSA_SHA256 if isinstance(load_pem_private_key(key, None), ec.EllipticCurvePrivateKey) else SignatureMethod.RSA_SHA256
    return kind, {"key": key, "cert": (folder / "chain.pem").read_text()}


kind, material = key_and_chain()
if act == "sign":
    signer = XAdESSigner(signature_algorithm=kind, c14n_algorithm=FORMS[sys.argv[4]])
    signed = signer.sign(etree.fromstring((folder / "law.xml").read_bytes()), **material)
    (folder / name).write_bytes(etree.tostring(signed))
elif act == "part":
    law = etree.fromstring((folder / "law.xml").read_bytes())
    title = law.find("{urn:law}title")
    title.set("Id", "part")
    signed = XMLSigner(signature_algorithm=kind, method=SignatureConstructionMethod.enveloped).sign(
        law, reference_uri="#part", **material
    )
    (folder / name).write_bytes(etree.tostring(signed))
elif act == "verify":
    now = datetime.datetime.fromisoformat((folder / "now.txt").read_text())
    from cryptography.x509.verification import ExtensionPolicy

    # A person's certificate is for content commitment alone (EN 319 412-2, type A); signxml by itself asks for another use.
    results = XAdESVerifier().verify(
        (folder / name).read_bytes(),
        ca_pem_file=str(folder / "root.pem"),
        ee_policy=ExtensionPolicy.permit_all(),
        expect_config=XAdESSignatureConfiguration(expect_references=2, require_x509=True, verification_time=now),
    )
    print("valid", len(results))
