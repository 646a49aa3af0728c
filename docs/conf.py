"""Sphinx's settings for the site that ``scripts/docs_site.py`` makes."""

project = "Strata"
extensions = ["myst_parser"]
myst_heading_anchors = 6  # as GitHub and GitLab make them
myst_fence_as_directive: list[str] = []
nitpicky = True
highlight_language = "text"
html_theme = "furo"
html_title = "Strata"
html_static_path = ["style"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_use_index = False
