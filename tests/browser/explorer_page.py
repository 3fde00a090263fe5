"""An explorer as seen in a page: what it says, where its cards are, and the hands to use it.

The graph is a canvas, but the element around it keeps its cytoscape, which tells what is drawn
where. What is done here is done with the mouse and the keyboard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from browser.lab import Notebook

#: The cytoscape in an element; null while there is none.
_CYTOSCAPE = "const cy = (el.querySelector('.custom-widget') || {})._cyreg?.cy;"
_CARDS = f"""
async el => {{
  {_CYTOSCAPE}
  const seen = () => !cy ? [] : cy.nodes().map(n => ({{
    text: n.style('label'), kind: n.data('kind'), opacity: n.effectiveOpacity(),
    x: n.renderedPosition().x, y: n.renderedPosition().y, height: n.renderedOuterHeight(),
  }}));
  // Still for three frames: laid out, sized and brought into view.
  for (let last = '', still = 0, frames = 0; still < 3 && frames < 300; frames++) {{
    await new Promise(requestAnimationFrame);
    const now = JSON.stringify(seen());
    still = now === last ? still + 1 : 0;
    last = now;
  }}
  return seen();
}}
"""
_PAINTED = f"""
el => {{
  {_CYTOSCAPE}
  if (!cy || !cy.nodes().length) return 0;
  let painted = 0;
  for (const canvas of el.querySelectorAll('canvas')) {{
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    for (let i = 3; i < data.length; i += 4) painted += data[i] > 0;
  }}
  return painted;
}}
"""


@dataclass(frozen=True)
class Card:
    """A drawn node: its lines of text and its place in the graph, px from the top left."""

    text: str
    kind: str
    opacity: float
    x: float
    y: float
    height: float

    @property
    def name(self) -> str:
        """The first line; of a part, without what follows the name."""
        return re.split(r"\n| {3}", self.text)[0].removeprefix("▾ ")


class ExplorerPage:
    """The newest explorer of a notebook; of several, the one with this number."""

    def __init__(self, notebook: Notebook, number: int = 0) -> None:
        self.notebook = notebook
        self.page: Page = notebook.page
        newest = notebook.panel.locator(".jwstwidgets-explorer:not([data-before])")
        self.root: Locator = newest.nth(number)
        self.graph = self.root.locator(".jwstwidgets-graph")
        self.showing = self.root.get_by_text(re.compile(r"^showing "))
        self.status = self.root.get_by_text(re.compile(r"Data: "))
        self.problems = self.root.get_by_role("alert")
        self.details = self.root.locator(".jwstwidgets-panel").first
        self.basket = self.root.locator(".jwstwidgets-panel").last
        self.search = self.root.get_by_placeholder("observation id")

    def wait_drawn(self) -> int:
        """Until something is painted; returns how many pixels."""
        self.graph.wait_for()
        # The expression stays the page's: how often to ask is not ours to time.
        element = self.graph.element_handle()
        self.page.wait_for_function(f"el => ({_PAINTED})(el) > 0", arg=element)
        return int(self.graph.evaluate(_PAINTED))

    # --- the graph ---

    def cards(self) -> list[Card]:
        """What is drawn, once it stands still; titles of columns and lanes are left out."""
        found = self.graph.evaluate(_CARDS)
        return [Card(**card) for card in found if card["kind"] != "heading"]

    def card(self, name: str) -> Card:
        """The card of this name; the largest if several have it."""
        cards = self.cards()
        named = [card for card in cards if card.name == name]
        assert named, f"no card {name!r} among {[card.name for card in cards]}"
        return max(named, key=lambda card: card.height)

    def bright(self) -> set[str]:
        """Names of cards that are not faint."""
        return {card.name for card in self.cards() if card.opacity > 0.9}

    def wait_resized(self, within: float) -> None:
        """Until the graph is at most this wide, px, and cytoscape has noticed."""
        self.page.wait_for_function(
            f"""([el, within]) => {{
              {_CYTOSCAPE}
              return cy && el.clientWidth <= within && Math.abs(cy.width() - el.clientWidth) < 5;
            }}""",
            arg=[self.graph.element_handle(), within],
        )

    def expect_in_view(self) -> None:
        """Wait until every card is inside the graph."""
        element = self.graph.element_handle()
        self.page.wait_for_function(
            f"""el => {{
              {_CYTOSCAPE}
              const all = cy?.elements().renderedBoundingBox({{includeOverlays: false}});
              return all && all.x1 >= 0 && all.y1 >= 0
                && all.x2 <= cy.width() && all.y2 <= cy.height();
            }}""",
            arg=element,
        )

    def tap(self, name: str) -> None:
        """Click on a card; on a box, on its title."""
        card = self.card(name)
        y = card.y - card.height / 2 + 10 if card.kind == "box" else card.y
        self.graph.locator(".custom-widget").click(position={"x": card.x, "y": y})

    def expect_card(self, name: str, *, there: bool = True) -> None:
        """Wait until a card is drawn, or no longer is."""
        element = self.graph.element_handle()
        self.page.wait_for_function(
            f"""([el, name, there]) => {{
              {_CYTOSCAPE}
              const names = cy ? cy.nodes().map(n => n.style('label').split(/\\n|   /)[0]) : [];
              return names.some(n => n.replace('▾ ', '') === name) === there;
            }}""",
            arg=[element, name, there],
        )

    # --- what is around it ---

    def button(self, name: str) -> Locator:
        """A button by what stands on it."""
        return self.root.get_by_role("button", name=name, exact=True)

    def press(self, name: str) -> None:
        self.button(name).click()

    def name_file(self, name: str) -> None:
        """Type a file name to write to, over the one that is offered; until the kernel has it."""
        # Typed and clicked on within a millisecond, the click can be served first.
        heard = self.notebook.traffic.messages
        before = heard["status"]
        self.file_name.fill(name)
        self.notebook.wait_until(lambda: heard["status"] >= before + 2)  # busy and idle

    @property
    def file_name(self) -> Locator:
        """The field for it."""
        return self.root.get_by_placeholder("file name", exact=True)

    def toggle(self, label: str) -> Locator:
        """A filter by its label, whatever count follows it."""
        return self.root.get_by_role("button", name=re.compile(rf"^{label}( · |$)"))

    def menu(self, holding: str) -> Locator:
        """The drop-down list with this entry."""
        option = self.page.locator("option", has_text=holding)
        return self.root.locator("select:not([size])").filter(has=option)

    def lists(self) -> Locator:
        """What is drawn, and the links of the selection."""
        return self.root.locator("select[size]")

    def expect_showing(self, text: str) -> None:
        expect(self.showing).to_have_text(re.compile(rf"^showing {text}"))

    def expect_no_problem(self) -> None:
        expect(self.problems).to_have_count(0)
        expect(self.notebook.errors).to_have_count(0)

    def picture(self, folder: Path, name: str) -> None:
        """A picture of the page, to be looked at, with the explorer at its top."""
        self.root.evaluate("el => el.scrollIntoView({block: 'start'})")
        self.cards()
        self.page.screenshot(path=folder / f"{name}.png")
