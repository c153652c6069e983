"""What no linter checks: files of at most 300 lines, functions of fewer than 40, and a lock that fits `pyproject.toml`.

Run by `make check`; prints each fault and exits 1 where there is one.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
FILE, FUNCTION = 300, 39

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def faults() -> Iterator[str]:
    """Everything that is wrong."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in sorted(set(listed.stdout.splitlines())):
        if (ROOT / name).exists():
            yield from _long(name, (ROOT / name).read_text(encoding="utf-8"))
    yield from _lock((ROOT / "pyproject.toml").read_text(encoding="utf-8"), (ROOT / "requirements.lock").read_text(encoding="utf-8"))


def _long(name: str, text: str) -> Iterator[str]:
    lines = text.count("\n")
    if lines > FILE:
        yield f"{name}: {lines} lines, at most {FILE}; a file that outgrows it is two ideas"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION:
                yield f"{name}:{node.lineno}: {node.name} has {length} lines, at most {FUNCTION}"


def _lock(project: str, lock: str) -> Iterator[str]:
    """Direct dependencies that the lock lacks or holds in another version, pins without a hash, and addresses."""
    told = tomllib.loads(project)
    pins = {canonicalize_name(name): version for name, version in PIN.findall(lock)}
    for text in (*told["project"]["dependencies"], *told["dependency-groups"]["dev"], *told["build-system"]["requires"]):
        wanted = Requirement(text)
        pinned = pins.get(canonicalize_name(wanted.name))
        if pinned is None or not wanted.specifier.contains(pinned, prereleases=True):
            yield f"requirements.lock: {text} is {'not in it' if pinned is None else f'pinned to {pinned}'}; run `make lock`"
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        if PIN.match(entry) and "--hash=sha256:" not in entry:
            yield f"requirements.lock: {entry.split()[0]} has no hash; run `make lock`"
    if "://" in lock:
        yield "requirements.lock: it names an address; run `make lock`"


if __name__ == "__main__":
    found = list(faults())
    for fault in found:
        sys.stderr.write(f"{fault}\n")
    sys.exit(bool(found))
