from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.builder.builder_toml import BuilderConfig, RunImage, read_config
from buildpack_release.builder.builder_variables import variable_files
from buildpack_release.model.buildpack_descriptor import OrderEntry
from support.sample_repository import write

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.model.finding import Finding

SOUND = """\
description = "For everybody"

[[buildpacks]]
uri = "x.cnb"

[[order]]
[[order.group]]
id = "acme/x"

[lifecycle]
uri = "lifecycle.tgz"

[build]
image = "example.org/build:1"

[[run.images]]
image = "example.org/run:1"
"""


def read(tmp_path: Path, text: str) -> tuple[BuilderConfig, tuple[Finding, ...]]:
    return read_config(write(tmp_path / "builder.toml", text))


def test_everything_that_pack_reads_is_read(tmp_path: Path) -> None:
    more = """mirrors = ["mirror.example.org/run:1"]
[[run.images]]
image = "example.org/run:2"
[[build.env]]
name = "BP_A"
value = "1"
[[build.env]]
name = "BP_B"
value = "2"
suffix = "prepend"
delim = ":"
[[targets]]
os = "linux"
arch = "arm64"
[[system.pre.buildpacks]]
id = "acme/before"
version = "1.0.0"
optional = true
"""
    text = SOUND.replace('"acme/x"', '"acme/x"\nversion = "1.2.3"\noptional = true')
    config, findings = read(tmp_path, text + more)
    assert findings == ()
    assert config.description == "For everybody"
    assert [one.locator for one in config.packages] == ["x.cnb"]
    assert config.order == ((OrderEntry("acme/x", "1.2.3", optional=True),),)
    assert config.system_pre == (OrderEntry("acme/before", "1.0.0", optional=True),)
    assert (config.lifecycle, config.build_image) == ("lifecycle.tgz", "example.org/build:1")
    assert config.run_images == (
        RunImage("example.org/run:1", ("mirror.example.org/run:1",)),
        RunImage("example.org/run:2", ()),
    )
    assert list(variable_files(config.variables).items()) == [
        ("BP_A", "1"),
        ("BP_B.delim", ":"),
        ("BP_B.prepend", "2"),
    ]
    assert [str(target) for target in config.targets] == ["linux/arm64"]


def test_the_deprecated_stack_still_names_the_images(tmp_path: Path) -> None:
    """As pack merges it; but the user is told."""
    text = SOUND.partition("[build]")[0]
    stack = (
        '[stack]\nid = "acme"\nbuild-image = "h:1/b"\nrun-image = "h:1/r"\nrun-image-mirrors = ["h:1/m"]\n'
    )
    config, findings = read(tmp_path, text + stack)
    assert [(one.code, one.is_error) for one in findings] == [("stack", False)]
    assert (config.build_image, config.stack_id) == ("h:1/b", "acme")
    assert config.run_images == (RunImage("h:1/r", ("h:1/m",)),)


ENV = '\n[[build.env]]\nname = "BP_A"\n'
FAULTS = [
    ("a typing mistake at the top", "[[buildpacks]]", "[[buildpack]]", 3, 'unknown key "buildpack"'),
    ("a typing mistake in a buildpack", 'uri = "x', 'url = "x', 4, 'unknown key "buildpacks.url"'),
    ("no place of a buildpack", 'uri = "x.cnb"', "", 3, 'a buildpack needs a "uri"'),
    ("two places", 'uri = "x.cnb"', 'uri = "x.cnb"\nimage = "y"', 5, "only one can be"),
    ("an empty group", '[[order.group]]\nid = "acme/x"', "", 6, "at least one buildpack"),
    (
        "twice in a group",
        'id = "acme/x"',
        'id = "a/x"\n[[order.group]]\nid = "a/x"',
        9,
        "twice in this group",
    ),
    ("no id", 'id = "acme/x"', "optional = true", 7, '"order.group.id" is missing'),
    ("a bad id", '"acme/x"', '"acme x"', 8, 'the id "acme x" may hold only'),
    ("a word for true", 'id = "acme/x"', 'id = "acme/x"\noptional = "yes"', 9, "must be true or false"),
    (
        "a lifecycle to download",
        'uri = "lifecycle.tgz"',
        'version = "0.21.0"',
        11,
        "would have to be downloaded",
    ),
    ("two lifecycles", 'uri = "lifecycle.tgz"', 'uri = "l"\nversion = "0.21.0"', 12, "only one can be"),
    ("no lifecycle", '[lifecycle]\nuri = "lifecycle.tgz"', "", None, '"lifecycle" is missing'),
    ("no file of the lifecycle", 'uri = "lifecycle.tgz"', "", 10, '"lifecycle.uri" is missing'),
    ("no base", '[build]\nimage = "example.org/build:1"', "", None, '"build" is missing'),
    ("no image of the base", 'image = "example.org/build:1"', "", 13, '"build.image" is missing'),
    ("no run image", '[[run.images]]\nimage = "example.org/run:1"', "", None, '"run.images" is missing'),
    ("a nameless run image", 'image = "example.org/run:1"', "", 16, '"run.images.image" is missing'),
    ("extensions", "[lifecycle]", '[[extensions]]\nuri = "x"\n[lifecycle]', 10, "image extensions"),
    ("a suffix", "\n[[run", f'{ENV}value = "1"\nsuffix = "appendix"\n[[run', 19, "unknown suffix"),
    ("no delimiter", "\n[[run", f'{ENV}value = "1"\nsuffix = "append"\n[[run', 19, 'needs a "delim"'),
    (
        "a name with a dot",
        "\n[[run",
        f'{ENV.replace("BP_A", "BP.A")}value = "1"\n[[run',
        17,
        "no name of a variable",
    ),
    ("a variable twice", "\n[[run", f'{ENV}value = "1"{ENV}value = "2"\n[[run', 19, "set twice"),
]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_fault_is_found_where_it_is(
    tmp_path: Path, old: str, new: str, line: int | None, message: str
) -> None:
    """Pack would ignore some of these until a user's build fails."""
    assert old in SOUND
    _, findings = read(tmp_path, SOUND.replace(old, new, 1))
    errors = [one for one in findings if one.is_error]
    assert message in errors[0].message
    assert errors[0].line == line


def test_unknown_keys_come_with_a_suggestion(tmp_path: Path) -> None:
    _, findings = read(tmp_path, SOUND.replace("[lifecycle]", "[lifecycel]"))
    assert 'did you mean "lifecycle"?' in {one.advice for one in findings}


def test_several_targets_are_refused(tmp_path: Path) -> None:
    """One lifecycle archive is for one processor: a second image would hold the wrong programs."""
    targets = '[[targets]]\nos = "linux"\narch = "amd64"\n[[targets]]\nos = "linux"\narch = "arm64"\n'
    _, findings = read(tmp_path, SOUND + targets)
    assert [one.code for one in findings if one.is_error] == ["targets"]


def test_no_order_is_allowed_and_mentioned(tmp_path: Path) -> None:
    text = SOUND.replace('[[order]]\n[[order.group]]\nid = "acme/x"\n', "")
    config, findings = read(tmp_path, text)
    assert config.order == ()
    assert [(one.code, one.is_error) for one in findings] == [("order", False)]
