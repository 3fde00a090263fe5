"""Thin views over a `jwstwidgets.session.Session`, one file each; usable alone or together."""
