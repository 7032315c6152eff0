"""Colours as style sheets write them, as far as it takes to see that text has the colour of its background."""

from __future__ import annotations

import re

__all__ = ["Colour", "alike", "parse_colour"]

#: Red, green and blue from 0 to 255, and opacity from 0 to 1.
Colour = tuple[float, float, float, float]

_NAMED = {
    "white": 0xFFFFFF, "black": 0x000000, "red": 0xFF0000, "green": 0x008000, "blue": 0x0000FF, "yellow": 0xFFFF00,
    "gray": 0x808080, "grey": 0x808080, "silver": 0xC0C0C0, "maroon": 0x800000, "olive": 0x808000, "lime": 0x00FF00,
    "aqua": 0x00FFFF, "cyan": 0x00FFFF, "teal": 0x008080, "navy": 0x000080, "fuchsia": 0xFF00FF, "magenta": 0xFF00FF,
    "purple": 0x800080, "orange": 0xFFA500, "whitesmoke": 0xF5F5F5, "snow": 0xFFFAFA, "ivory": 0xFFFFF0,
    "ghostwhite": 0xF8F8FF, "floralwhite": 0xFFFAF0, "azure": 0xF0FFFF, "mintcream": 0xF5FFFA, "gainsboro": 0xDCDCDC,
    "lightgray": 0xD3D3D3, "lightgrey": 0xD3D3D3, "darkgray": 0xA9A9A9, "darkgrey": 0xA9A9A9, "dimgray": 0x696969,
    "dimgrey": 0x696969,
}  # fmt: skip
_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$")
_FUNCTION = re.compile(
    r"rgba?\(\s*([\d.]{1,9})(%?)[\s,]+([\d.]{1,9})%?[\s,]+([\d.]{1,9})%?(?:\s*[,/]\s*([\d.]{1,9})(%?))?\s*\)$"
)
#: What the eye does not tell apart: the contrast is below 1.1 to 1.
_MAX_DIFFERENCE = 12.0


def parse_colour(value: str) -> Colour | None:
    """A colour by name, in hexadecimal or as ``rgb()``; None for anything else, lower case expected."""
    value = value.strip()
    if value == "transparent":
        return (0.0, 0.0, 0.0, 0.0)
    if value in _NAMED:
        number = _NAMED[value]
        return (float(number >> 16), float(number >> 8 & 255), float(number & 255), 1.0)
    if found := _HEX.match(value):
        digits = found[1]
        if len(digits) < 6:
            digits = "".join(2 * digit for digit in digits)
        parts = [float(int(digits[k : k + 2], 16)) for k in range(0, len(digits), 2)]
        return (parts[0], parts[1], parts[2], parts[3] / 255.0 if len(parts) == 4 else 1.0)
    if found := _FUNCTION.match(value):
        try:
            scale = 2.55 if found[2] else 1.0
            red, green, blue = (min(float(found[k]) * scale, 255.0) for k in (1, 3, 4))
            opacity = float(found[5]) / (100.0 if found[6] else 1.0) if found[5] else 1.0
        except ValueError:
            return None
        return (red, green, blue, min(opacity, 1.0))
    return None


def alike(one: Colour, other: Colour) -> bool:
    """Whether two opaque colours cannot be told apart."""
    return all(abs(a - b) <= _MAX_DIFFERENCE for a, b in zip(one[:3], other[:3], strict=True))
