"""Files that packages carry besides their buildpack: an interpreter, archives of runtimes, a catalogue."""
