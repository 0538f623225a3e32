"""ReDIF, the language in which RePEc's publishers describe their publications.

Bytes of a publisher's file go in, templates with their values and problems come out, and
the other way round. Everything here is pure Python and knows nothing of the application:
no database, no web, no clock. Whoever needs a part imports its module::

    from correction_flow.redif import handle, parser, writer
"""
