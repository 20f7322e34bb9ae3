package dev.stele.bench;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where and how much a row works.
 *
 * @param folder empty, on the disk that is measured; emptied again after the row
 * @param plan how much is measured
 * @param peer the C reference program, if it could be built
 */
record Workplace(Path folder, Plan plan, Optional<PeerProgram> peer) {}
