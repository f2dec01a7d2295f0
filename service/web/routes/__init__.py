"""One module per area, each with a flask-smorest `blueprint` that `service/web/app.py` lists."""
