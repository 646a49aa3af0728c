"""Named like a module that a build needs. Whoever imports it during a build has the app on sys.path."""

raise SystemExit("the build has imported a module of the app")
