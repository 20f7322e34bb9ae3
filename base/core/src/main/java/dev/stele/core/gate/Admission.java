package dev.stele.core.gate;

/** A gate's answer. */
public sealed interface Admission permits Admitted, Transient, Rejected {}
