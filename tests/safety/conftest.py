"""Lets the tests of safety share what is not a test."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
