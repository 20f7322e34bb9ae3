/**
 * Talks to a Stele server, and believes it nothing that it can check.
 *
 * <pre>
 *                         ┌─ append ───────────► AppendAnswer     again under one key until it is known
 *   SteleClient ─ log() ─►│  read, findById ───► RemoteEvent      what the server says
 *                RemoteLog│  subscribe ────────► RemoteSubscription
 *                         │
 *                         │  verifiedHead ─────► HeadCheck        ┐
 *                         │  getVerified ──────► EventCheck       ├ re-computed from bytes, against the
 *                         │  readVerified ─────► RunCheck         │ last checkpoint of the TrustStore
 *                         └─ subscribeVerified ► VerifiedSubscription
 * </pre>
 *
 * <p>A server that rewinds, forks, signs with another key or lies about an event is answered with a
 * {@link dev.stele.client.Distrust}, which is a value. Only the network and refusals throw: {@link
 * dev.stele.client.RequestFailed}.
 *
 * <p>Read {@link dev.stele.client.RemoteLog} first. Beyond {@code core} and a JSON tokenizer it may
 * depend on nothing; HTTP is the platform's.
 */
@NullMarked
package dev.stele.client;

import org.jspecify.annotations.NullMarked;
