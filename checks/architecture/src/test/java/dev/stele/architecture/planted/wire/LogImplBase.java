package dev.stele.architecture.planted.wire;

/** Planted: a name that only a generator may give. */
abstract class LogImplBase {}
