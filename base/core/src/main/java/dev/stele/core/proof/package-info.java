/**
 * Proofs that a log holds an entry and that it only ever grew, checkable from files alone.
 *
 * <pre>
 *   entries ──leafHash──► Frontier ──root──► Checkpoint ──sign──► SignedCheckpoint
 *                            │                                         │
 *                        NodeSink                                      │
 *                            ▼                                         ▼
 *                        stored nodes ──NodeSource──► InclusionProof   TlogProof   one file for one entry
 *                                                     ConsistencyProof TileExport  one directory for a log
 *                                                                          │
 *                                        TileReader.verify ◄───────────────┘  rebuilds all of it from entries
 * </pre>
 *
 * <p>The tree is that of RFC 6962 and RFC 9162 over SHA-256; the texts are those of C2SP:
 * signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles and tlog-proof. Standard transparency
 * tools read all of them unchanged.
 *
 * <p>Read {@link dev.stele.core.proof.Merkle} first, then {@link dev.stele.core.proof.TlogProof}.
 *
 * <p>Parsing and checking never throw for what an adversary wrote: they answer with sealed results.
 * An {@link java.lang.IllegalArgumentException} is a mistake of the calling program.
 *
 * <p>Hashes are plain {@code byte[32]}. Unless a type says that it copies, an array is handed over:
 * the receiver keeps it and nobody changes it afterwards.
 *
 * <p>It may depend on {@code dev.stele.crypto} and, to read what is stored, on {@code engine}: a
 * checker must not share code with the writer it checks.
 */
@NullMarked
package dev.stele.core.proof;

import org.jspecify.annotations.NullMarked;
