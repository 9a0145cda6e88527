"""``python -m desktop``, for a checkout; installed programs use the command ``agent-tray``."""

from desktop.app.main import main

if __name__ == "__main__":
    raise SystemExit(main())
