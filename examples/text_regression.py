"""What does a formula weigh? One number a string, read character by character.

    python examples/text_regression.py [BUDGET]

Makes its own table of chains of atoms; writes runs/formulas.
"""

import sys

import numpy as np
import pandas as pd

import autorecur

BUDGET = sys.argv[1] if len(sys.argv) > 1 else "1min"

rng = np.random.default_rng(7)
WEIGHTS = {"C": 12.0, "N": 14.0, "O": 16.0, "F": 19.0}


def formula() -> tuple[str, float]:
    atoms = rng.choice(list(WEIGHTS), size=rng.integers(4, 16), p=[0.6, 0.15, 0.2, 0.05])
    side = rng.random(len(atoms)) < 0.2  # an atom in brackets hangs beside the chain
    text = "".join(f"({a})" if beside else a for a, beside in zip(atoms, side, strict=True))
    return text, sum(WEIGHTS[atom] for atom in atoms) + float(rng.normal(0, 1))


table = pd.DataFrame([formula() for _ in range(400)], columns=["formula", "weight"])

run = autorecur.fit(
    table, target="weight", text="formula", task="text-regression", budget=BUDGET, seed=7,
    out="runs/formulas",
)  # fmt: skip
print(run.verdict)
print(run.predict(pd.DataFrame({"formula": ["CCO", "CC(F)NCC(O)C"]})))
