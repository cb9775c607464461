"""What schemathesis must know of this API beside its description: the session's cookies, and files to be verified.

Loaded through SCHEMATHESIS_HOOKS. DIENHONG_COOKIES is a JSON object of cookies, empty for anyone; DIENHONG_PAPER is the
path of a published paper.
"""

import json
import os
import pathlib

import schemathesis
from hypothesis import strategies as st

COOKIES = json.loads(os.environ["DIENHONG_COOKIES"])
PAPER = pathlib.Path(os.environ["DIENHONG_PAPER"]).read_bytes()

if COOKIES:

    @schemathesis.auth()
    class Session:
        def get(self, case, context):
            return COOKIES

        def set(self, case, data, context):
            case.cookies = {**(case.cookies or {}), **data}


def changed(at: int, value: int) -> bytes:
    data = bytearray(PAPER)
    data[at % len(data)] = value
    return bytes(data)


files = st.one_of(
    st.just(PAPER),
    st.builds(changed, st.integers(0, len(PAPER) - 1), st.integers(0, 255)),
    st.builds(lambda end: PAPER[:end], st.integers(0, len(PAPER))),
    st.builds(lambda more: PAPER + more, st.binary(max_size=200)),
    st.binary(max_size=2000),
)
schemathesis.openapi.media_type("application/pdf", files)


@schemathesis.serializer("application/pdf")
def as_it_is(context, value):
    return value if isinstance(value, bytes) else json.dumps(value).encode()
