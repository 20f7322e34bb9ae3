/**
 * The web console held against what it promises, in Node and in a real browser.
 *
 * <pre>
 *   verifier.js ◄── Node          vectors that the JVM's proofs make, and every bit of some of them flipped
 *   console ◄── Chromium ◄── proxy ◄── server      every page, in each colour and width; answers that were tampered with
 * </pre>
 *
 * <p>{@link dev.stele.browser.Chromium} starts the browser, {@link dev.stele.browser.Tab} drives a
 * page of it over the DevTools protocol; neither needs more than the JDK and a JSON reader.
 */
@NullMarked
package dev.stele.browser;

import org.jspecify.annotations.NullMarked;
