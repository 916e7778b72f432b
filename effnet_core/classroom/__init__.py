"""Several processes of the app behind nginx, for a class: what is started, watched, told and stopped."""
