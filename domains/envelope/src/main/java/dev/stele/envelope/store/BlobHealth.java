package dev.stele.envelope.store;

import java.util.Optional;

/**
 * How the envelopes beside the authority are.
 *
 * @param position the last event they reflect
 * @param degraded why reads go to the authority instead, empty when all is well
 * @param failures how often keeping them has failed since the store was opened
 * @param rebuilds how often they were built again because they said something else than the log
 * @param hits how many reads they have answered
 * @param misses how many reads went on to the authority
 */
public record BlobHealth(
    long position,
    Optional<String> degraded,
    long failures,
    long rebuilds,
    long hits,
    long misses) {}
