"""The interface as users meet it: a real JupyterLab in a real Chromium."""
