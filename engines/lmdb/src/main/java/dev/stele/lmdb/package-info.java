/**
 * Logs in one LMDB file, and views in another: memory-mapped, read without a copy but the last.
 *
 * <pre>
 *   LmdbLogEngine ──► LmdbFile ──► Environment ──► Lmdb        LMDB's calls: open, pin, write
 *   LmdbViewStore ─┘
 *    the SPIs          one path,     one file,  └► PageFile    the file, mapped to be read
 *                      shared by     opened           ▲
 *                      engines                     Snapshot, TreeCursor   reads pages, checked
 *                                                  PageCheck, Structure   checks them whole
 *
 *   meta         layout │ log/NAME ► number, indexed to, fence
 *   rows         log, position ► row (RowPage)
 *   claims       log, key, position        ┐ derived: the newest part is in memory,
 *   streams      log, key, revision        ┘ replayed from rows on open
 *   tiles        log, level, index ► 256 hashes
 *   checkpoints  log, size ► signed note
 * </pre>
 *
 * <p>LMDB writes and keeps readers and the writer apart; pages are read here, within bounds, so
 * that a damaged file is an error and never the end of the process. Read {@link
 * dev.stele.lmdb.LmdbLogEngine} first. Depends on {@code core} and LMDB's shared library, on no
 * other engine.
 */
@NullMarked
package dev.stele.lmdb;

import org.jspecify.annotations.NullMarked;
