"""How a text table is written: what separates its fields, and what marks its decimals."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

__all__ = ["SEPARATORS", "decimal_of", "sample", "separator_of"]

SEPARATORS = (",", ";", "\t")
SAMPLE_LINES = 30


def sample(head: str, separator: str) -> Iterator[list[str]]:
    """The fields of the first lines that are not blank.

    >>> list(sample("a,b\\n\\n1,2\\n", ","))
    [['a', 'b'], ['1', '2']]
    """
    lines = [line for line in re.split("\r\n|\n|\r", head)[: 4 * SAMPLE_LINES] if line.strip()]
    text = io.StringIO("\n".join(lines))
    reader = csv.reader(text, delimiter=separator, skipinitialspace=True)
    try:
        for _, row in zip(range(SAMPLE_LINES), reader, strict=False):
            yield row
    except csv.Error:  # a field too long for the csv module: what was read so far decides
        return


def separator_of(head: str) -> str:
    """The separator under which most lines have as many fields as the header, and more than one."""

    def merit(separator: str) -> tuple[float, int]:
        counts = [len(row) for row in sample(head, separator)]
        if not counts or counts[0] < 2:
            return 0.0, 0
        return sum(count == counts[0] for count in counts) / len(counts), counts[0]

    return max(SEPARATORS, key=merit)


def decimal_of(rows: list[list[str]], separator: str) -> str:
    """The decimal mark of the numbers in `rows`.

    >>> decimal_of([["1,5", "a"]], ";"), decimal_of([["1,5", "2.5"]], ";")
    (',', '.')
    """
    if separator == ",":
        return "."
    fields = [field.strip() for row in rows for field in row]
    comma = any(re.fullmatch(r"[-+]?\d+,\d+", field) for field in fields)
    point = any(re.fullmatch(r"[-+]?\d+\.\d+", field) for field in fields)
    return "," if comma and not point else "."
