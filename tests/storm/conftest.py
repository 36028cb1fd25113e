"""So that these trials share their children and their proxy without being a package."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
