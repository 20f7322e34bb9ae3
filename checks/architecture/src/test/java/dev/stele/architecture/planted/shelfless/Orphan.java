package dev.stele.architecture.planted.shelfless;

/** Planted: a module that the layout does not know. */
final class Orphan {}
