"""Who asks, and what he may read. docs/access.md is the page for people.

``shown`` says what a request shows: a session, or the digest of a document; ``reader`` what that gives a right to;
``guard`` keeps out writes that another site's page makes; ``reads`` notes who read what.
"""
