"""Where each part of the region's picture lies: plain numbers for an SVG as wide as a phone. Pure."""

from dataclasses import dataclass

from reports.render.region import CALM, Box, Picture, Zone

WIDTH = 360
GAP, PAD = 6, 6
FRONT_H, NODES_H = 36, 36
PLAIN_H, NOTED_H, TITLE_H = 25, 39, 19
ARROW_H = 14


@dataclass(frozen=True)
class Placed:
    """A box and where it lies."""

    box: Box
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class PlacedZone:
    """A zone's frame, its row titles (x, y, text) and its boxes."""

    name: str
    x: float
    y: float
    width: float
    height: float
    titles: tuple[tuple[float, float, str], ...]
    boxes: tuple[Placed, ...]


@dataclass(frozen=True)
class Drawing:
    """The whole picture; y of each part, and the height of it all."""

    picture: Picture
    zones: tuple[PlacedZone, ...]
    zones_y: float
    warehouse_y: float
    height: float


def draw(picture: Picture) -> Drawing:
    """Lay a picture out: the front door on top, the zones side by side with their rows level, the warehouse below."""
    top = 2 + FRONT_H + ARROW_H + NODES_H + ARROW_H
    width = (WIDTH - 2 - GAP * (len(picture.zones) - 1)) / max(len(picture.zones), 1)
    titles = list(dict.fromkeys(title for zone in picture.zones for title, _ in zone.rows))
    tallest = {title: max(_stack(zone, title) for zone in picture.zones) for title in titles}
    height = TITLE_H + sum(TITLE_H + tall for tall in tallest.values()) + PAD
    zones = []
    for n, zone in enumerate(picture.zones):
        x, y = 1 + n * (width + GAP), float(top + TITLE_H)
        rows, boxes = [], list[Placed]()
        for title in titles:
            rows.append((x + PAD, y + 13, title))
            boxes += _stacked(dict(zone.rows).get(title, ()), x + PAD, y + TITLE_H, width - 2 * PAD)
            y += TITLE_H + tallest[title]
        zones.append(PlacedZone(zone.name, x, top, width, height, tuple(rows), tuple(boxes)))
    below = top + height + ARROW_H
    return Drawing(picture, tuple(zones), top, below, below + PLAIN_H + 2)


def _stacked(boxes: tuple[Box, ...], x: float, y: float, width: float) -> list[Placed]:
    found = []
    for box in boxes:
        found.append(Placed(box, x, y, width, _height(box)))
        y += _height(box) + 4
    return found


def _stack(zone: Zone, title: str) -> float:
    return sum(_height(box) + 4 for box in dict(zone.rows).get(title, ()))


def _height(box: Box) -> float:
    return NOTED_H if box.note and box.state != CALM else PLAIN_H
