"""Screens for everybody."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.portal.look import check_page


@pytest.mark.parametrize("path", ["/", "/portal/privacy"])
@pytest.mark.parametrize("language", ["en", "ar", "xx"])
def test_a_page_stands_every_check(page: Page, path: str, language: str) -> None:
    page.goto(f"{path}?lang={language}")
    check_page(page)
