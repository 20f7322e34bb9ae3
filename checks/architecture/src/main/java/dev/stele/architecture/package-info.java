/**
 * Tests of the house itself: which module may use which, what may be public, and what the documents
 * say.
 *
 * <pre>
 *   crypto ◄── core ◄── engines        an arrow points at what is used
 *                ▲
 *                └───── domains ◄── faces        checks see all
 * </pre>
 *
 * <p>Read {@code Layout} first, then {@code Rules}. Every rule has a class under {@code planted}
 * that breaks it, so that a rule which can no longer fail is noticed. {@code planted} imitates the
 * packages of the product and is never part of it.
 */
@NullMarked
package dev.stele.architecture;

import org.jspecify.annotations.NullMarked;
