"""The program that agents call as their hook. Built-in modules only; silent; fails open."""
