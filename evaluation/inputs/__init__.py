"""What an auditor types for `mingjing score`: tables of bids, marks and draws, and rule sets in YAML or JSON.

Pure: bytes in, rows and every fault in them out. docs/formats/score-inputs.md has the formats.
"""

from __future__ import annotations
