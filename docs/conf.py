"""Sphinx configuration of the documentation; ``bash scripts/docs.sh`` builds it."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_extensions"))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import chromkeras

project = "chromkeras"
author = "The chromkeras developers"
copyright = author
version = release = chromkeras.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "program",
    "public_names",
    "registry_tables",
    "repository_links",
    "rule_tables",
]
exclude_patterns = ["_build", "_extensions"]
default_role = "code"
nitpicky = True
nitpick_ignore_regex = [
    # What other packages document: their inventories would have to be fetched at every build.
    (r"py:.*", r"(?!chromkeras\.|chrominterpret\.).*"),
    # Types of private arguments and of what is inside a public object.
    (r"py:class", r"(chromkeras|chrominterpret)\..*"),
]

# Tutorials
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_execution_timeout = 300
nb_output_stderr = "remove"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# Reference
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autosummary_generate = False  # public_names writes a page for each name
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = True
napoleon_preprocess_types = False
public_packages = ["chrominterpret", "chromkeras"]

# Files of the repository that pages link to, and the pages that show them.
repository_pages = {
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
    "models/README.md": "models",
    "models/worm_hard": "models",
    "models/worm_hard/README.md": "models",
    "models/worm_sharing": "models",
    "models/worm_sharing/README.md": "models",
}

html_theme = "pydata_sphinx_theme"
html_title = f"chromkeras {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "chromkeras"},
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "installation": [], "results": [], "changelog": []}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
