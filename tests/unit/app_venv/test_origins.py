"""The texts are what pip 23 and 26 print, with progress bars off."""

from __future__ import annotations

from app_venv.origins import Origins

OUTPUT = """\
Collecting flask (from -r r.txt (line 1))
  Downloading flask-3.1.3-py3-none-any.whl.metadata (3.2 kB)
Collecting docopt (from -r r.txt (line 2))
  Using cached docopt-0.6.2-py2.py3-none-any.whl
Collecting blinker>=1.9.0 (from flask->-r r.txt (line 1))
  Using cached blinker-1.9.0-py3-none-any.whl.metadata (1.6 kB)
Collecting wide (from -r r.txt (line 3))
  Downloading wide-1.0.tar.gz (25 kB)
Downloading flask-3.1.3-py3-none-any.whl (103 kB)
Using cached blinker-1.9.0-py3-none-any.whl (8.5 kB)
  Building wheel for wide (pyproject.toml): finished with status 'done'
  Created wheel for wide: filename=wide-1.0-py2.py3-none-any.whl size=13781 sha256=0488
Successfully installed blinker-1.9.0 docopt-0.6.2 flask-3.1.3 wide-1.0
"""


def test_files_are_counted_once_and_metadata_not_at_all() -> None:
    origins = Origins()
    for line in OUTPUT.splitlines(keepends=True):
        origins.see(line)
    assert len(origins.cached) == 2
    assert len(origins.downloaded) == 2
    assert str(origins) == "2 from the cache, 2 downloaded, 1 built from source"


def test_nothing_seen_is_nothing_said() -> None:
    assert str(Origins()) == ""
