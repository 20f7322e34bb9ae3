/**
 * Hashes and signatures: everything else in Stele asks this package and no library.
 *
 * <pre>
 *   Sha256, HmacSha256        links, Merkle nodes, payload commitments, index keys
 *   Blake3                    the signed-event ledger's own event hash and key ids
 *   Ed25519, Ed25519Key       ledger events, checkpoints        native or portable, one verdict
 *   Schnorr                   Nostr events (BIP-340)            native or portable, one verdict
 * </pre>
 *
 * <p>The API names no third-party type. It may depend on no other Stele module.
 */
@NullMarked
package dev.stele.crypto;

import org.jspecify.annotations.NullMarked;
