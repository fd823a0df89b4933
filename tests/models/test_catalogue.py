"""The catalogue: complete, consistent, and refused when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient.errors import ModelError
from models.catalogue import FILE, Catalogue, catalogue, read

CARDS = FILE.with_name("cards")


@pytest.mark.parametrize("name", catalogue().names())
def test_every_model_has_its_papers(name: str) -> None:
    entry = catalogue().get(name)
    assert entry.licence in {"Apache-2.0", "MIT"}
    assert (CARDS / entry.card).is_file()
    assert name in (CARDS / entry.card).read_text("utf-8")


@pytest.mark.parametrize("name", sorted(catalogue().model))
def test_every_network_says_who_trained_it_on_what(name: str) -> None:
    network = catalogue().model[name]
    assert network.author
    assert network.trained_on
    assert all(tensor.shape and tensor.meaning for tensor in network.inputs + network.outputs)


def test_the_default_is_a_whole_engine() -> None:
    assert set(catalogue().defaults()) == {
        "pose_detector",
        "pose_landmark_full",
        "object_detector",
        "voice_activity",
        "speaker",
        "speech_embedding",
        "pose_landmarker_full.task",
    }


def test_people_are_found_without_npm() -> None:
    names = catalogue().networks_of("pose_landmarker_full.task")
    kinds = {catalogue().package[catalogue().model[n].package].kind.value for n in names}
    assert kinds == {"pypi"}, "the pose engine must not need npm"
    # What comes first is installed even where the rest cannot be fetched.
    order = list(catalogue().names())
    assert max(order.index(name) for name in names) < order.index("object_detector")


def test_a_revision_follows_the_source(listed: Catalogue) -> None:
    import msgspec

    before = {name: listed.revision(name) for name in listed.names()}
    changed = msgspec.structs.replace(
        listed,
        model=listed.model | {"eye": msgspec.structs.replace(listed.model["eye"], sha256="0" * 64)},
    )
    after = {name: changed.revision(name) for name in listed.names()}
    assert {name for name in before if before[name] != after[name]} == {"eye", "both.task"}


def test_parts_come_before_what_is_made_of_them(listed: Catalogue) -> None:
    assert listed.with_parts(("both.task",)) == ("eye", "ear", "both.task")


def test_an_unknown_name_is_answered_with_the_known_ones(listed: Catalogue) -> None:
    with pytest.raises(ModelError, match=r"eye, ear, both\.task; got 'nose'"):
        listed.get("nose")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('licence = "Apache-2.0"', 'lisence = "Apache-2.0"', "unknown field `lisence`"),
        ("default = true", 'default = "yes"', "Expected `bool`"),
        ('package = "mediapipe-wheel"', 'package = "elsewhere"', "one of the packages listed"),
        ('detector = "pose_detector"', 'detector = "nobody"', "expected a model listed"),
        ("9ba9dd3d", "xyz", "matching regex"),
        ("[model.", "[[model.", "expected a catalogue"),
    ],
)
def test_a_broken_catalogue_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = FILE.read_text("utf-8")
    assert old in text
    (tmp_path / "catalogue.toml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ModelError, match=said):
        read(tmp_path / "catalogue.toml")
