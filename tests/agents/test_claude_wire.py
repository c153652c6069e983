"""What it takes to load the vendor's SDK; how it is used is proved in test_claude.py and test_claude_reply.py."""

import subprocess
import sys


def test_the_sdk_is_imported_at_first_use() -> None:
    code = "import sys, agents.claude, agents.prompt; sys.exit('anthropic' in sys.modules or 'httpx2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
