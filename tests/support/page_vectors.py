"""The test vectors that end `docs/stream.md`."""

from __future__ import annotations

import json
import re

from support.program import ROOT

PAGE = ROOT / "docs" / "stream.md"
VECTORS = json.loads(re.findall(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[-1])
