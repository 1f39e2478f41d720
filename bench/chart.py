"""Bar charts as SVG: horizontal, grouped, with whiskers from least to most.  No library, no script, no font to load."""
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 760, 210, 120
BAR, GAP, GROUP = 16, 4, 18
COLOURS = ["#2f6fb0", "#8a949e", "#c9822b", "#6a9a4a", "#8f5fa8", "#b8544f"]


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def value_of(entry):
    """A number, or median with least and most."""
    if isinstance(entry, dict):
        return entry["median"], entry["least"], entry["most"]
    return entry, entry, entry


def text(x, y, words, anchor="start", size=12, weight="normal"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}">'
            f"{escape(words)}</text>")


def bars(title, unit, groups, note=""):
    """groups: name → {series: number or spread}; a group of one series without a name is a single bar."""
    series = list(dict.fromkeys(s for g in groups.values() for s in g))
    top = max((value_of(v)[2] for g in groups.values() for v in g.values()), default=0) or 1
    scale = (WIDTH - LEFT - RIGHT) / top
    out, y = [], 58
    for name, group in groups.items():
        middle = y + (len(group) * (BAR + GAP) - GAP) / 2 + 4
        out.append(text(LEFT - 8, middle, name, "end"))
        for label, entry in group.items():
            value, least, most = value_of(entry)
            colour = COLOURS[series.index(label) % len(COLOURS)]
            out.append(f'<rect x="{LEFT}" y="{y}" width="{max(value * scale, 1):.1f}" height="{BAR}" fill="{colour}"/>')
            if most > least:
                x1, x2, m = LEFT + least * scale, LEFT + most * scale, y + BAR / 2
                out.append(f'<path d="M{x1:.1f} {m}H{x2:.1f}M{x1:.1f} {m - 4}v8M{x2:.1f} {m - 4}v8" stroke="currentColor" fill="none"/>')
            out.append(text(LEFT + max(most, value) * scale + 6, y + BAR - 4, number(value)))
            y += BAR + GAP
        y += GROUP - GAP
    legend, x = [], LEFT
    if len(series) > 1:
        for i, label in enumerate(series):
            legend.append(f'<rect x="{x}" y="32" width="10" height="10" fill="{COLOURS[i % len(COLOURS)]}"/>')
            legend.append(text(x + 14, 41, label, size=11))
            x += 26 + 7 * len(label)
    height = y + (18 if note else 0)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'font-family="system-ui, sans-serif" fill="#24292f" color="#24292f" role="img" aria-label="{escape(title)}">\n'
            f'<rect width="100%" height="100%" fill="#ffffff"/>\n'
            + "\n".join([text(12, 20, f"{title}, {unit}", size=14, weight="bold"), *legend, *out,
                         *([text(12, height - 8, note, size=10)] if note else [])]) + "\n</svg>\n")
