"""A report to look at: one HTML page of how often each group is drawn, that needs no network.

The charts are Vega-Lite's, drawn in the browser; the page is filled in by Jinja, which escapes all
that comes from the manifest. `page` puts together what `groups`, `strips` and `contact_sheet` say.
"""
