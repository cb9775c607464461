"""What ISO 19005-2 (PDF/A-2b) asks of a signed paper, as far as this project checks it by itself.

The rules here are ours: no checker of the whole standard is to be had from the registries that the tests use (veraPDF is
published elsewhere). The file is read by pyHanko's reader, which was not written here. What is checked: clauses 6.1.2,
6.1.3, 6.1.6.1, 6.1.7.2, 6.1.12, 6.2.3, 6.2.5, 6.2.8, 6.2.11.4.1, 6.3.1 to 6.3.3, 6.4.1, 6.5.1, 6.5.2, 6.6.2.1, 6.6.4, 6.8,
6.11. What is not: content streams (operators, colours as painted), the inside of fonts, images and ICC profiles, XMP beyond
its claim.

Prints a JSON list of faults, each [clause, words]."""

import json
import re
import sys

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

FORBIDDEN_ACTIONS = {"/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide", "/SetOCGState", "/Rendition", "/Trans",
                     "/GoTo3DView", "/JavaScript"}
FORBIDDEN_ANNOTATIONS = {"/3D", "/Sound", "/Screen", "/Movie"}
FORBIDDEN_FILTERS = {"/LZWDecode", "/Crypt"}
STANDARD_MODES = {"/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten", "/ColorDodge", "/ColorBurn",
                  "/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue", "/Saturation", "/Color", "/Luminosity"}


def at(dictionary, key: str, otherwise=None):
    """The value of a key, references followed."""
    return dictionary[key] if key in dictionary else otherwise


def objects(root):
    """Every dictionary and stream that is reached from an object, each once."""
    seen, stack = set(), [root]
    while stack:
        one = stack.pop()
        if isinstance(one, generic.IndirectObject):
            if one.reference in seen:
                continue
            seen.add(one.reference)
            one = one.get_object()
        if isinstance(one, generic.DictionaryObject):
            yield one
            stack.extend(one.raw_get(key) for key in one)
        elif isinstance(one, generic.ArrayObject):
            stack.extend(list.__iter__(one))


def faults(data: bytes) -> list:
    import io

    found = []

    def must(good, clause: str, words: str) -> None:
        if not good and [clause, words] not in found:
            found.append([clause, words])

    must(re.match(rb"%PDF-1\.[0-7]\r?\n%[\x80-\xff]{4}", data), "6.1.2", "the header has no comment of four high bytes behind it")
    reader = PdfFileReader(io.BytesIO(data), strict=True)
    trailer = reader.trailer
    must("/Encrypt" not in trailer, "6.1.3", "it is encrypted")
    must("/ID" in trailer and len(trailer["/ID"]) == 2, "6.1.3", "the trailer has no ID")
    must(data.rstrip(b"\r\n").endswith(b"%%EOF"), "6.1.3", "data stands behind the last end mark")
    root = reader.root
    check_catalogue(root, must)
    for page in pages(root["/Pages"]):
        must("/AA" not in page and "/PresSteps" not in page, "6.5.2", "a page has actions or steps of a presentation")
        for annotation in at(page, "/Annots", []):
            check_annotation(annotation.get_object(), must)
    for one in objects(root):
        check_object(one, must)
    return found


def pages(node):
    if "/Kids" not in node:
        yield node
        return
    for kid in node["/Kids"]:
        yield from pages(kid.get_object())


def check_catalogue(root, must) -> None:
    intents = [i.get_object() for i in at(root, "/OutputIntents", [])]
    intents = [i for i in intents if at(i, "/S") == "/GTS_PDFA1"]
    must(len(intents) == 1 and "/DestOutputProfile" in intents[0], "6.2.3", "there is not one output intent with its profile")
    for intent in intents:
        profile = at(intent, "/DestOutputProfile")
        must(profile is not None and profile.data[36:40] == b"acsp", "6.2.3", "the output intent's profile is no ICC profile")
    metadata = at(root, "/Metadata")
    must(metadata is not None and "/Filter" not in metadata, "6.6.2.1", "the metadata stream is missing or packed")
    xmp = metadata.data if metadata is not None else b""
    must(re.search(rb"pdfaid:part(>|=[\"'])2", xmp), "6.6.4", "the metadata do not claim part 2")
    must(re.search(rb"pdfaid:conformance(>|=[\"'])[BUA]", xmp), "6.6.4", "the metadata claim no level")
    for key, clause in (("/AA", "6.5.2"), ("/Requirements", "6.11"), ("/NeedsRendering", "6.4.2")):
        must(key not in root, clause, f"the catalogue has {key}")
    names = at(root, "/Names", {})
    must("/JavaScript" not in names and "/AlternatePresentations" not in names, "6.5.1", "there are named scripts or presentations")
    must("/EmbeddedFiles" not in names, "6.8", "files are embedded")
    form = at(root, "/AcroForm", {})
    must(not at(form, "/NeedAppearances", False), "6.4.1", "the form asks the reader to draw its fields")
    must("/XFA" not in form, "6.4.2", "the form has an XFA part")
    permissions = at(root, "/Perms", {})
    must(set(permissions) <= {"/DocMDP", "/UR3"}, "6.1.12", "the permissions hold more than DocMDP and UR3")
    signature = at(permissions, "/DocMDP")
    references = at(signature, "/Reference", []) if signature is not None else []
    digests = {"/DigestLocation", "/DigestMethod", "/DigestValue"}
    must(not any(digests & set(r.get_object()) for r in references), "6.1.12", "a reference of a signature states a digest")


def check_annotation(annotation, must) -> None:
    kind = at(annotation, "/Subtype")
    must(kind not in FORBIDDEN_ANNOTATIONS, "6.3.1", f"an annotation of the kind {kind}")
    if kind != "/Popup":
        flags = int(at(annotation, "/F", 0))
        must("/F" in annotation and flags & 4 and not flags & (1 | 2 | 32 | 256), "6.3.2", f"the flags of an annotation are {flags}")
    rectangle = [float(n) for n in at(annotation, "/Rect", [0, 0, 0, 0])]
    empty = rectangle[0] == rectangle[2] and rectangle[1] == rectangle[3]
    if kind not in ("/Popup", "/Link") and not (empty and "/AP" not in annotation):
        appearance = at(annotation, "/AP")
        must(appearance is not None and set(appearance) == {"/N"}, "6.3.3", "an annotation without a plain appearance")
        if appearance is not None and "/N" in appearance and at(annotation, "/FT") != "/Btn":
            must(isinstance(appearance["/N"], generic.StreamObject), "6.3.3", "an appearance that is no stream")
    if kind == "/Widget":
        must("/A" not in annotation and "/AA" not in annotation, "6.4.1", "a field has an action")


def check_object(one, must) -> None:
    kind, subtype = at(one, "/Type"), at(one, "/Subtype")
    if at(one, "/S") in FORBIDDEN_ACTIONS and (kind == "/Action" or kind is None):
        must(False, "6.5.1", f"an action of the kind {one['/S']}")
    if isinstance(one, generic.StreamObject):
        filters = at(one, "/Filter", [])
        filters = [filters] if isinstance(filters, generic.NameObject) else list(filters)
        must(not FORBIDDEN_FILTERS & set(filters), "6.1.7.2", f"a stream is packed by {filters}")
        must(not {"/F", "/FFilter", "/FDecodeParms"} & set(one), "6.1.7.1", "a stream stands outside the file")
    if subtype == "/Image":
        must(not at(one, "/Interpolate", False) and "/Alternates" not in one and "/OPI" not in one, "6.2.8", "an image that is made anew")
    if subtype == "/PS" or (subtype == "/Form" and ("/Ref" in one or "/OPI" in one or "/PS" in one)):
        must(False, "6.2.9", "a form of PostScript or of another file")
    if kind == "/ExtGState" or "/BM" in one:
        modes = at(one, "/BM", [])
        modes = [modes] if isinstance(modes, generic.NameObject) else list(modes)
        must("/TR" not in one and "/HTP" not in one, "6.2.5", "a transfer function")
        must(at(one, "/TR2", "/Default") == "/Default", "6.2.5", "a transfer function")
        must(set(modes) <= STANDARD_MODES, "6.2.10", f"the blend mode {modes}")
    if kind == "/Font" and subtype != "/Type3" and subtype != "/Type0":
        descriptor = at(one, "/FontDescriptor", {})
        inside = {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
        must(len(inside) == 1, "6.2.11.4.1", f"the font {at(one, '/BaseFont')} is not inside")


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        print(json.dumps(faults(file.read()), ensure_ascii=False))
