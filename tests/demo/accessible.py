"""What axe-core finds on a page, by day and by night, at a desk and on a phone."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def violations(page: Page) -> list[str]:
    """Every rule of axe that the page breaks now, with where; best practices too."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 400):
            page.set_viewport_size({"width": width, "height": 900})
            answer = Axe().run(page)
            found += [
                f"{scheme}, {width} px: {each['id']}: {[node['target'] for node in each['nodes']][:3]}"
                for each in answer.response["violations"]
            ]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    return found
