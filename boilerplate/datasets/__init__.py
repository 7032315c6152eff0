"""Labelled pages as data: fetch public ones, take in other projects' collections, check what there is."""
