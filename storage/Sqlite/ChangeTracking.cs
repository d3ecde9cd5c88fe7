using FishCheckpoint.Storage.Catalog;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>
/// Records a transaction's changes with triggers, whatever code makes them: checkpoints in the table <c>touched</c>, totals in
/// <c>grown</c>.
/// </summary>
internal static class ChangeTracking
{
    /// <summary>Installs the triggers on a connection, with temporary tables in memory that cost the log nothing.</summary>
    public static void Attach(CatalogConnection writer) => writer.Execute(
        """
        PRAGMA temp_store = MEMORY;
        CREATE TEMP TABLE IF NOT EXISTS touched (checkpoint INTEGER PRIMARY KEY, task INTEGER NOT NULL, fresh INTEGER NOT NULL) STRICT;
        CREATE TEMP TABLE IF NOT EXISTS grown (base BLOB NOT NULL, task INTEGER NOT NULL, checkpoints INTEGER NOT NULL,
          logical_bytes INTEGER NOT NULL, stored_bytes INTEGER NOT NULL, PRIMARY KEY (base, task)) STRICT, WITHOUT ROWID;

        CREATE TEMP TRIGGER IF NOT EXISTS touched_insert AFTER INSERT ON main.checkpoints BEGIN
          INSERT INTO touched VALUES (new.id, new.task, 1) ON CONFLICT DO NOTHING;
        END;
        CREATE TEMP TRIGGER IF NOT EXISTS touched_delete AFTER DELETE ON main.checkpoints WHEN old.deleted = 0 BEGIN
          INSERT INTO touched VALUES (old.id, old.task, 0) ON CONFLICT DO NOTHING;
        END;
        CREATE TEMP TRIGGER IF NOT EXISTS touched_update AFTER UPDATE OF task, deleted, mask, frame, blocks, brought_bytes,
          value_bytes ON main.checkpoints
        WHEN old.deleted = 0 OR new.deleted = 0 BEGIN
          INSERT INTO touched VALUES (old.id, old.task, 0) ON CONFLICT DO NOTHING;
        END;
        CREATE TEMP TRIGGER IF NOT EXISTS grown_update AFTER UPDATE OF checkpoints, logical_bytes, position_bytes, value_bytes,
          state_bytes ON main.totals BEGIN
          INSERT INTO grown VALUES (new.base, new.task, new.checkpoints - old.checkpoints, new.logical_bytes - old.logical_bytes,
            new.position_bytes + new.value_bytes + new.state_bytes - old.position_bytes - old.value_bytes - old.state_bytes)
          ON CONFLICT DO UPDATE SET checkpoints = checkpoints + excluded.checkpoints,
            logical_bytes = logical_bytes + excluded.logical_bytes,
            stored_bytes = stored_bytes + excluded.stored_bytes;
        END;
        """);
}
