"""The staging record of one address: what every importer writes and the index writer reads.

One row per house number. Codes are text (a postcode `0800` keeps its zero); unknown is null, never
an empty string, except in `units`, which is an empty list when the source has no units.
"""

from __future__ import annotations

import pyarrow as pa

STAGING_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("street", pa.string(), nullable=False),
        # The road authority's shorter addressing name, where it differs from `street`.
        pa.field("street_short", pa.string()),
        # Digits and at most one letter: "52", "52C".
        pa.field("number", pa.string(), nullable=False),
        pa.field("postcode", pa.string(), nullable=False),
        pa.field("city", pa.string(), nullable=False),
        pa.field("supplementary", pa.string()),
        # Municipality code as the country writes it (Denmark: 4 digits, "0101").
        pa.field("municipality", pa.string()),
        # WGS84 degrees.
        pa.field("lat", pa.float64()),
        pa.field("lon", pa.float64()),
        # One of `service.address.layout.STATUSES`.
        pa.field("status", pa.string(), nullable=False),
        # Id of the address that took this one's place.
        pa.field("replaced_by", pa.string()),
        # "floor|door" per unit: "2|th", "st|", "1|14".
        pa.field("units", pa.list_(pa.string()), nullable=False),
    ]
)

# The post towns of a country, whether or not an address lies in them.
POSTCODES_SCHEMA = pa.schema(
    [
        pa.field("postcode", pa.string(), nullable=False),
        pa.field("city", pa.string(), nullable=False),
        # A bulk receiver's own postcode: mail only, no area of its own.
        pa.field("bulk", pa.bool_(), nullable=False),
        # Municipality codes, the largest share first; empty when unknown.
        pa.field("municipalities", pa.list_(pa.string()), nullable=False),
    ]
)
