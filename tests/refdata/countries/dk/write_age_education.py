"""Writes `age_education.csv` anew from the raw files: `python write_age_education.py RAW_FOLDER`.

Counts of adults by life stage and education: one row summed over the training half of the polling
areas, and every third area of the other half. Statistics Denmark, Den Danske Valgdatabase, CC BY 4.0.
"""

import sys
from pathlib import Path

import numpy as np

from service.refdata.countries.dk.joint import LIFE_STAGE_AGES
from service.refdata.countries.dk.margins import load_margins

EDUCATIONS = (
    "basic", "general_upper", "business_upper", "vocational",
    "short_higher", "medium_higher", "long_higher", "unknown",
)  # fmt: skip


def education_tables(raw: Path) -> tuple[list[str], np.ndarray]:
    """Area codes and adults [areas, 4 life stages, 8 educations] of every published area."""
    table = load_margins(raw)["education_age"]
    counts = np.stack(
        [
            np.stack([table[[f"{a}|{e}" for a in ages]].to_numpy().sum(axis=1) for e in EDUCATIONS], axis=1)
            for ages in LIFE_STAGE_AGES
        ],
        axis=1,
    )
    known = np.nan_to_num(counts).sum(axis=(1, 2)) > 0
    return [code for code, k in zip(table.index, known, strict=True) if k], counts[known]


def main() -> None:
    codes, counts = education_tables(Path(sys.argv[1]))
    rows = [("training", counts[::2].sum(axis=0))]
    rows += [(code, counts[1::2][n]) for n, code in enumerate(codes[1::2]) if n % 3 == 0]
    path = Path(__file__).with_name("age_education.csv")
    with path.open("w", encoding="utf-8") as out:
        out.write("# Danmarks Statistik, Den Danske Valgdatabase, CC BY 4.0; see write_age_education.py\n")
        for code, table in rows:
            out.write(",".join([code, *(str(round(value)) for value in table.ravel())]) + "\n")
    print(f"{path.name}: {len(rows)} rows, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
