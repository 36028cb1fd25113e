"""What the repository promises about itself."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOP_LEVEL = {
    "pyproject.toml", "edge", "display", "drivers", "sync", "systemd", "tests", "docs",
    "README.md", "Makefile", "LICENSE", "CHANGELOG.md", ".ci", ".gitignore",
}  # fmt: skip


def tracked():
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in listing.splitlines()]


def test_nothing_else_stands_at_the_top_level():
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= TOP_LEVEL


def test_the_readme_is_short_and_its_links_lead_somewhere():
    text = (ROOT / "README.md").read_text()
    assert 100 < len(re.findall(r"\w+", text)) <= 700
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / target).exists(), target


def test_no_recording_is_in_the_repository():
    assert not [path for path in tracked() if path.suffix in (".npz", ".npy", ".db")]


def test_every_data_file_of_a_package_is_packaged():
    wanted = re.search(
        r"\[tool\.setuptools\.package-data\]\n(.*?)\n\n", (ROOT / "pyproject.toml").read_text(), re.DOTALL
    )
    patterns = {
        name: re.findall(r'"([^"]+)"', files)
        for name, files in re.findall(r'^"?([\w.]+)"? = \[(.*)\]', wanted.group(1), re.M)
    }
    for path in tracked():
        parts = path.relative_to(ROOT).parts
        if parts[0] not in ("edge", "display", "drivers", "sync") or path.suffix == ".py":
            continue
        assert any(
            path.relative_to(ROOT / name.replace(".", "/")).match(pattern)
            for name, globs in patterns.items()
            if path.is_relative_to(ROOT / name.replace(".", "/"))
            for pattern in globs
        ), path


def test_every_python_folder_is_a_listed_package():
    listed = set(
        re.findall(
            r'"((?:edge|display|drivers|sync)[\w.]*)"', (ROOT / "pyproject.toml").read_text().split("package-data")[0]
        )
    )
    folders = {
        ".".join(p.relative_to(ROOT).parent.parts) for p in tracked() if p.suffix == ".py" and "tests" not in p.parts
    }
    assert folders - {""} <= listed
