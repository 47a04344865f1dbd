"""Hooks for mkdocs: pages of the site that are made from other files.

README, CONTRIBUTING and CHANGELOG become pages, and every package of lit_wgan becomes one page of the API.
"""

import ast
import configparser
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}


def packages() -> list[Path]:
    """The packages of lit_wgan, from the lowest storey to the highest, as the contract of imports lists them."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    layers = re.findall(r"\w+", setup["importlinter:contract:storeys"]["layers"])
    return [ROOT / "lit_wgan" / layer for layer in reversed(layers) if (ROOT / "lit_wgan" / layer).is_dir()]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the API at the end of the navigation."""
    assert config.nav is not None
    config.nav.append({"API": ["api/index.md", *(f"api/{package.name}.md" for package in packages())]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not in docs/."""
    pages = {target: at_root_of_site((ROOT / source).read_text()) for source, target in PAGES.items()}
    pages["api/index.md"] = api_index()
    pages |= {f"api/{package.name}.md": api_page(package) for package in packages()}
    for target, content in pages.items():
        files.append(File.generated(config, target, content=content))
    return files


def at_root_of_site(text: str) -> str:
    """The text of a page of the repository's root, with its links to other pages as the site has them."""
    text = text.replace("](docs/", "](")
    for source, target in PAGES.items():
        text = text.replace(f"]({source}", f"]({target}")
    return text


def api_index() -> str:
    """One line for each package, from its docstring."""
    lines = [f"* [`lit_wgan.{package.name}`]({package.name}.md): {first_line(package)}" for package in packages()]
    return "\n".join(
        ["# API", "", "The packages of lit_wgan. Each may import those above it in this list.", "", *lines]
    )


def first_line(package: Path) -> str:
    """The first line of a package's docstring."""
    docstring = ast.get_docstring(ast.parse((package / "__init__.py").read_text())) or ""
    return docstring.split("\n")[0]


def api_page(package: Path) -> str:
    """The modules of a package, one after the other."""
    modules = sorted(".".join(file.relative_to(ROOT).with_suffix("").parts) for file in package.rglob("[!_]*.py"))
    return "\n\n".join([f"# {package.name}", first_line(package), *(f"::: {module}" for module in modules)])


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Show Sphinx's roles in docstrings, such as :func:`interpolate`, as the names alone."""
    return re.sub(r":(?:class|func|meth|mod|attr|data):<code>~?(?:[\w.]*\.)?(\w+)</code>", r"<code>\1</code>", html)
