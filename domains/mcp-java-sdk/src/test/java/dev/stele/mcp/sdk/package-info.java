@NullMarked
package dev.stele.mcp.sdk;

import org.jspecify.annotations.NullMarked;
