"""The application as `flask` and the WSGI server find it; nothing else lives here."""

from correction_flow import create_app

app = create_app()
