"""So that tests can share card_plans without being a package."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
