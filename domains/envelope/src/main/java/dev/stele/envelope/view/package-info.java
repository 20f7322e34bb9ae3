/**
 * What is retold of envelopes, so that they can be looked for.
 *
 * <pre>
 *   events ──► EnvelopeView ──► envelope_facts    what is left after an erase: id, type, source
 *                        ├────► envelope_details  the rest of the header; by type, source, key, hash
 *                        └────► replay_guard      which key has used which nonce
 *          ──► BlobView ──────► blob_ids, blobs          whole envelopes, by id, in parts
 * </pre>
 *
 * <p>On PostgreSQL the tables of {@link dev.stele.envelope.view.EnvelopeView} move in the log's own
 * transactions, and a SQL view {@code events} shows them with the envelopes. Nothing here decides:
 * whether a nonce was used is a claim in the log, {@code replay_guard} tells of it. Depends on
 * {@code event} and the core.
 */
@NullMarked
package dev.stele.envelope.view;

import org.jspecify.annotations.NullMarked;
