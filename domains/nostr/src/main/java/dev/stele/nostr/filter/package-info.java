/**
 * Which events are asked for (NIP-01): read strictly, written in one way, and held against events.
 *
 * <pre>
 *   wire text --FilterJson.parse--&gt; ParsedFilter --+--&gt; Malformed   a reason
 *                                                 +--&gt; Wellformed
 *                                                        | filter
 *   NostrEvent --------------------------------&gt; NostrFilter.matches
 * </pre>
 *
 * <p>Start with {@link NostrFilter}. Depends on {@code event} and a JSON tokenizer.
 */
@NullMarked
package dev.stele.nostr.filter;

import org.jspecify.annotations.NullMarked;
