#!/usr/bin/env python3
"""Writes Sources/Images/ColourMapTables.swift from matplotlib's colour maps (inferno, magma, viridis: CC0).

    python3 Scripts/generate-colour-maps.py > Sources/Images/ColourMapTables.swift
"""

import base64

import matplotlib
import numpy as np

print("// Made by Scripts/generate-colour-maps.py from matplotlib; do not edit.")
print("// inferno, magma and viridis are by Stéfan van der Walt and Nathaniel Smith (CC0).")
print()
print("/// 256 red, green, blue triples each, in base 64.")
print("enum ColourMapTables {")
for name in ["inferno", "viridis", "magma", "gray", "jet"]:
    table = matplotlib.colormaps[name](np.arange(256), bytes=True)[:, :3]
    text = base64.b64encode(table.tobytes()).decode()
    print(f"  static let {'grey' if name == 'gray' else name} = \"\"\"")
    for start in range(0, len(text), 108):
        end = "" if start + 108 >= len(text) else "\\"
        print(f"    {text[start:start + 108]}{end}")
    print('    """')
print("}")
