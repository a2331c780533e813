"""The seconds an epoch of every peer as an SVG of bars, the products' limit as a line."""

from __future__ import annotations

from html import escape
from typing import Any

_WIDTH, _LEFT, _BAR, _GAP, _TOP = 760, 260, 18, 8, 52


def bars(found: dict[str, Any]) -> str:
    """One bar a peer that ran, the fastest first."""
    rows = sorted((r for r in found["rows"] if "seconds" in r), key=lambda r: r["seconds"])
    most = max((r["seconds"] for r in rows), default=1.0)
    scale = (_WIDTH - _LEFT - 70) / most
    height = _TOP + len(rows) * (_BAR + _GAP) + 24
    work = found["work"]
    title = f"Seconds an epoch: {'-'.join(map(str, work['sizes']))}, batch {work['batch_size']}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="sans-serif" font-size="13" role="img"><title>{escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="12" y="24" font-size="15" font-weight="bold">{escape(title)}</text>'
    ]
    for i, row in enumerate(rows):
        y = _TOP + i * (_BAR + _GAP)
        ours = row["name"].startswith("backprove")
        colour = "#0b6e99" if ours else "#a9b4bd"
        marked = row["precision"] == "float32" or "bf16" in row["name"]
        name = row["name"] if marked else f"{row['name']} (bf16)"
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{_LEFT}" y="{y}" width="{row["seconds"] * scale:.1f}" height="{_BAR}" '
            f'fill="{colour}"/><text x="{_LEFT + row["seconds"] * scale + 6:.1f}" y="{y + 14}">'
            f"{row['seconds']:.2f}</text>"
        )
    x = _LEFT + found["limit"]["best"] * scale
    parts.append(
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 6}" y2="{height - 20}" stroke="#c0392b" '
        f'stroke-dasharray="4 3"/><text x="{x:.1f}" y="{height - 6}" fill="#c0392b" '
        f'text-anchor="middle">matrix products alone</text></svg>\n'
    )
    return "".join(parts)
