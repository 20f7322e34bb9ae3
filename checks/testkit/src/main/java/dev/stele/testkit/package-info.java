/**
 * What tests of Stele share: kits that state a contract, fixtures, and seeded histories.
 *
 * <pre>
 *   LogEngineTck    the contract of a LogEngine: an engine's test extends it and opens an engine
 *   ViewStoreTck    the contract of a ViewStore, with TableModel as the naive store
 *   ViewRunnerTck   what views do over a log, on any store
 *   EntriesView, StreamsView   the example views
 *   Histories       random appends, conflicts, repetitions and reopenings from one seed,
 *                   run on an engine and compared with a naive model
 *   Simulation      the life of a log on a SimulatedDisk, with faults and losses of power, from one
 *                   seed; its engine is JournaledEngine
 *   PowerLossTck    losses of power at moments of a recorded run: an engine's test extends it
 *   TestLogs        logs with fixed keys, clock and salts: the same calls give the same bytes
 *   Scale           how much of a soak's full figure this run does
 * </pre>
 *
 * <p>Depends on {@code core}; every other module may use it in its tests.
 */
@NullMarked
package dev.stele.testkit;

import org.jspecify.annotations.NullMarked;
