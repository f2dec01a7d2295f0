"""Base segments: reads the definition files, checks them, compiles them to a map of cells.

A definition is a rule over six attributes. The compiled map `cell_segment[urbanity, cell]` gives the
segment number of every kind of household, so the joint tables of a release do not depend on the
definitions: editing a segment needs no rebuild.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.errors import PolicyError
from service.segment.cells import CELLS, describe_cell
from service.segment.definition_file import Card, DefinitionFile, SegmentDefinition

__all__ = ["Card", "Definitions", "SegmentDefinition", "load_definitions"]


@dataclass(frozen=True, slots=True)
class Definitions:
    """All base segments, checked, in the order of the file.

    `cell_segment` is int8 [3, 384]: the number (position in `segments`) of the segment of each kind.
    """

    segments: tuple[SegmentDefinition, ...]
    cell_segment: NDArray[np.int8]
    version: str

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(segment.code for segment in self.segments)

    def by_code(self, code: str) -> SegmentDefinition:
        """The segment of that code; raises KeyError."""
        for segment in self.segments:
            if segment.code == code:
                return segment
        raise KeyError(code)

    def membership(self, urbanity: int) -> NDArray[np.float32]:
        """0/1 matrix [384, segments]: `joint @ membership` sums cells to segments."""
        matrix = np.zeros((CELLS, len(self.segments)), dtype=np.float32)
        matrix[np.arange(CELLS), self.cell_segment[urbanity]] = 1.0
        return matrix


def load_definitions(folder: Path) -> Definitions:
    """Reads and checks `*.toml` of `folder`. Raises PolicyError with every fault, as `file:line: …`."""
    segments, faults, version = read_definitions(folder)
    faults += check_partition(segments)
    if faults:
        raise PolicyError("\n".join(faults))
    return Definitions(segments, compile_map(segments), version)


def read_definitions(folder: Path) -> tuple[tuple[SegmentDefinition, ...], list[str], str]:
    """Segments as written, faults of form as sentences, and the version of the files.

    Raises PolicyError for a folder without any.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise PolicyError(f"{folder}:1: no segment definitions (*.toml) here; restore segments.toml")
    segments: list[SegmentDefinition] = []
    faults: list[str] = []
    digest = hashlib.sha256()
    for path in paths:
        raw = path.read_bytes()
        digest.update(raw)
        file = DefinitionFile(path, raw)
        segments += file.segments()
        faults += file.faults
    seen: dict[str, str] = {}
    for segment in segments:
        if segment.code in seen:
            faults.append(
                f"{segment.where}: code {segment.code} is already used at {seen[segment.code]}; "
                "give this segment a code of its own"
            )
        seen.setdefault(segment.code, segment.where)
    if not segments and not faults:
        faults.append(f"{paths[0]}:1: no [[segment]] in this file; write at least one")
    return tuple(segments), faults, f"sha256:{digest.hexdigest()}"


def check_partition(segments: tuple[SegmentDefinition, ...]) -> list[str]:
    """Overlaps and gaps among the definitions, each as a sentence that says what to do."""
    if not segments:
        return []
    kinds = np.stack([segment.kinds() for segment in segments])
    faults: list[str] = []
    for i, first in enumerate(segments):
        for j in range(i + 1, len(segments)):
            both = kinds[i] & kinds[j]
            if both.any():
                urbanity, cell = (int(n) for n in np.argwhere(both)[0])
                faults.append(
                    f"{segments[j].where}: segment {segments[j].code} overlaps {first.code} "
                    f"({first.where}) in {int(both.sum())} kinds of household, such as "
                    f"{describe_cell(urbanity, cell)}; narrow one of the two"
                )
    nobody = ~kinds.any(axis=0)
    if nobody.any():
        urbanity, cell = (int(n) for n in np.argwhere(nobody)[0])
        faults.append(
            f"{segments[-1].where}: {int(nobody.sum())} of {nobody.size} kinds of household fall into no "
            f"segment, such as {describe_cell(urbanity, cell)}; widen a rule or add a segment for them"
        )
    return faults


def compile_map(segments: tuple[SegmentDefinition, ...]) -> NDArray[np.int8]:
    """Segment number of each kind of household, int8 [3, 384]; needs a checked partition."""
    numbers: NDArray[np.int8] = np.argmax(np.stack([segment.kinds() for segment in segments]), axis=0).astype(
        np.int8
    )
    return numbers
