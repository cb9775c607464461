"""Reads a validation report with the classes that pyHanko generated from the schema of TS 119 102-2; unknown or missing
elements are errors.

usage: report.py FILE
"""

import pathlib
import sys

from pyhanko.generated.etsi.ts_11910202 import ValidationReport
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig

config = ParserConfig(fail_on_unknown_properties=True, fail_on_unknown_attributes=True, fail_on_converter_warnings=True)
report = XmlParser(config=config).from_bytes(pathlib.Path(sys.argv[1]).read_bytes(), ValidationReport)
for one in report.signature_validation_report:
    assert one.signature_validation_status.main_indication
    assert one.validation_time_info.best_signature_time.poetime
print(len(report.signature_validation_report))
