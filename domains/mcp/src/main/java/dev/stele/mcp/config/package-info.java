/**
 * How a store is set up by whoever runs it: named profiles, and the environment.
 *
 * <pre>
 *   EventStoreConfig.of("production", System::getenv) ─► McpEventStores.open(config)
 *   EVENT_STORE_* ─► EventStoreConfig.fromEnvironment ─┘
 * </pre>
 *
 * <p>Depends on nothing but the JDK.
 */
@NullMarked
package dev.stele.mcp.config;

import org.jspecify.annotations.NullMarked;
