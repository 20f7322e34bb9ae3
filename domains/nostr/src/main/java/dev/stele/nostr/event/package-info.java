/**
 * Nostr events (NIP-01): read strictly, written in one way, and checked.
 *
 * <pre>
 *   wire text --EventJson.parse--&gt; ParsedEvent --+--&gt; Malformed   a code and a reason
 *                                               |
 *                                               +--&gt; Wellformed
 *                                                        | event
 *   NostrKey ---------------sign--------------&gt; NostrEvent --check--&gt; EventVerdict
 *                                                        |
 *                                                        +--EventJson.write--&gt; stored text
 *                                                        +--EventJson.commitment--&gt; what the id hashes
 * </pre>
 *
 * <p>What events say of each other is read here, too: {@link Threads}, {@link RelayList}; and what
 * stands in their texts: {@link Npub}, {@link Bolt11}.
 *
 * <p>Start with {@link NostrEvent}. Reading decides the shape alone; whether the id and the
 * signature are genuine costs about ten times more and is asked apart, so that a caller can look
 * for a copy in between. This package may depend on {@code dev.stele.crypto} and a JSON tokenizer,
 * and on no other part of Stele.
 */
@NullMarked
package dev.stele.nostr.event;

import org.jspecify.annotations.NullMarked;
