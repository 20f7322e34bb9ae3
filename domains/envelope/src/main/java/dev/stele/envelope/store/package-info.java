/**
 * The envelope store: signed envelopes in, one log, and the ways to find them again.
 *
 * <pre>
 *   save(bytes) ─► EnvelopeGate ─► EventLog ─► PostgreSQL, SQLite, LMDB or memory
 *                  (judges here)     │ claims: envelope · id · (key id, nonce) · content
 *                                    ├─► EnvelopeView   headers, by type, source, key, content
 *                                    └─► Blobs          whole envelopes in LMDB, healed by itself
 *   get(id) ─► Blobs, else claim ─► position ─► the log
 *   link, deliver ─► side tables, outside the log's hash
 * </pre>
 *
 * <p>{@link dev.stele.envelope.store.EnvelopeStore} is all that an embedder needs; it opens any
 * storage by its URI. Whatever is expected to happen is a value: {@link
 * dev.stele.envelope.store.SaveResult} and its like. Depends on the other packages of this module
 * and on the core; engines are found by {@link dev.stele.core.storage.Storages}.
 */
@NullMarked
package dev.stele.envelope.store;

import org.jspecify.annotations.NullMarked;
