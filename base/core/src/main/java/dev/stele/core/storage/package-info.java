/**
 * What a URI names: an engine with its log, the views of it, and what stands beside both.
 *
 * <pre>
 *   "sqlite:FOLDER" ──► Storages ──► StorageProvider (found on the class path, by its scheme)
 *                                          │ open(request)
 *                                          ▼
 *                                       Storage ──► engine()  the log's rows
 *                                          ├──────► home()    its keys, its anchor
 *                                          ├──────► keep()    its views, kept up to date
 *                                          └──────► side()    durable tables outside the log
 * </pre>
 *
 * <p>A domain asks for a storage by its URI and knows no engine; an engine offers one and knows no
 * domain. {@link dev.stele.core.storage.AssembledStorage} makes one of an engine and two stores of
 * tables. Depends on every other package of the core.
 */
@NullMarked
package dev.stele.core.storage;

import org.jspecify.annotations.NullMarked;
