"""``python -m layerview``"""

import sys

from layerview.cli import main

if __name__ == "__main__":
    sys.exit(main())
