"""What runs in the browser, one folder a component: Python, HTML, CSS and JavaScript together."""
