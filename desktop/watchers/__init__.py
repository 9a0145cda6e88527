"""See the machine: files, processes, hook calls. Threads, no Qt, no opinion."""
