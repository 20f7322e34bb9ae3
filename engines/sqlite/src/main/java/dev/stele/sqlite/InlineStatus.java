package dev.stele.sqlite;

/**
 * How far an inline view is, as its file says.
 *
 * @param name the view's name
 * @param version of what is in its tables
 * @param position the last event they reflect; behind the end of the log when the view is detached
 */
public record InlineStatus(String name, int version, long position) {}
