using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Maintenance.Verification;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>Turns salvaged rows and files into a store: verifies it, and rebuilds or drops the damage until there is none.</summary>
internal sealed class SalvagedStore(RepairOptions repair, RepairLog log)
{
    // A rebuilt frame may reveal damage of its dependents; each round leaves less.
    private const int MaxRounds = 100;

    private readonly StoreOptions options = new() { DataFolder = repair.To, Progress = repair.Progress };

    public async Task<RepairReport> FinishAsync(CancellationToken cancellationToken)
    {
        using var folder = options.OpenBases();
        using (var connection = Open())
        {
            new SalvagedBases(repair, log).Run(connection, cancellationToken);
            References(connection);
            Sums(connection);
        }

        for (var round = 0; ; round++)
        {
            var found = await VerifyAsync(folder, cancellationToken);
            if (found.Count == 0)
            {
                break;
            }

            if (round == MaxRounds)
            {
                throw new FishException(
                    ErrorCode.CorruptStore, found[0].Finding.Key,
                    $"The store is still damaged after {round} rounds: {found[0].Finding.Problem}",
                    "Restore from a backup, and report the error.");
            }

            using var connection = Open();
            foreach (var (item, finding) in found)
            {
                Handle(connection, folder, item, finding, found, cancellationToken);
            }

            References(connection);
            Sums(connection);
        }

        using var last = Open();
        last.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        return log.Finish(last.Scalar<long>("SELECT count(*) FROM checkpoints WHERE deleted = 0"));
    }

    private void Handle(
        CatalogConnection connection, BaseFolder folder, VerifyItem item, Finding finding,
        IReadOnlyList<(VerifyItem Item, Finding Finding)> all, CancellationToken cancellationToken)
    {
        var damaged = all.Where(found => found.Item.Kind == ItemKind.Values).Select(found => found.Item.Row).ToHashSet();
        switch (item.Kind)
        {
            case ItemKind.Mask when FrameRebuild.TryMask(connection, item.Id, folder, new TaskCatalog(), options, damaged,
                cancellationToken):
            case ItemKind.Values when FrameRebuild.TryTwin(connection, item.Row, damaged):
                log.Rebuilt.Add($"{finding.Key} was rebuilt from another frame with the same content.");
                break;
            case ItemKind.Mask:
                Dropping.Run(connection, log, finding.Key, finding.Problem, "SELECT id FROM checkpoints WHERE mask = $0 AND blocks = 0",
                    item.Id);
                break;
            case ItemKind.Values:
                Dropping.Run(connection, log, finding.Key, finding.Problem, "SELECT id FROM checkpoints WHERE id = $0", item.Row);
                break;
            case ItemKind.TrainerState:
                DropTrainerState(connection, item, finding);
                break;
            case ItemKind.SideFile:
                DropSideFile(connection, item.Row, finding.Key, finding.Problem);
                break;
            case ItemKind.BaseFile:
                Dropping.Run(
                    connection, log, finding.Key, finding.Problem,
                    "SELECT c.id FROM checkpoints c JOIN tasks t ON t.id = c.task WHERE t.base = $0", item.Id);
                SalvagedBases.Forget(connection, item.Id);
                break;
            default:
                HandleRows(connection, finding);
                break;
        }
    }

    // Rows without frames: headers and tasks.
    private void HandleRows(CatalogConnection connection, Finding finding)
    {
        var ids = string.Join(", ", finding.Affected.Select(checkpoint => checkpoint.Id));
        if (finding.Key.StartsWith("headers ", StringComparison.Ordinal))
        {
            Dropping.Run(connection, log, finding.Key, finding.Problem, $"SELECT id FROM checkpoints WHERE id IN ({ids}) OR headers = $0",
                Tensors.Digest.Parse(finding.Key["headers ".Length..]));
        }
        else if (finding.Key.StartsWith("task ", StringComparison.Ordinal))
        {
            var task = connection.Scalar<long?>("SELECT id FROM tasks WHERE name = $0", finding.Key["task ".Length..]);
            TaskRebuild.Drop(connection, log, task ?? 0, finding.Problem);
        }
    }

    private void DropTrainerState(CatalogConnection connection, VerifyItem item, Finding finding)
    {
        var file = connection.Scalar<long?>("SELECT trainer_frame FROM checkpoints WHERE id = $0", item.Row) is { } frame
            ? log.Quarantine(connection, frame) : null;
        connection.Execute("UPDATE checkpoints SET trainer_frame = NULL, trainer_bytes = side_bytes WHERE id = $0", item.Row);
        log.Drop(finding.Key, $"{finding.Problem} The checkpoint itself is kept.", [], file is null ? [] : [file]);
    }

    // Its checkpoints are kept, and their sets of side files get other ids.
    private void DropSideFile(CatalogConnection connection, long file, string key, string problem)
    {
        var named = connection.Query(
            """
            SELECT DISTINCT s.name || ' of ' || coalesce(t.name, 'task ' || c.task) || '/' || c.step
            FROM side_sets s JOIN checkpoints c ON c.side_set = s.id LEFT JOIN tasks t ON t.id = c.task
            WHERE s.file = $0 AND c.deleted = 0 ORDER BY 1
            """,
            row => row.GetString(0), file);
        var frame = connection.Scalar<long?>("SELECT frame FROM side_files WHERE id = $0", file);
        var aside = frame is { } id ? log.Quarantine(connection, id) : null;
        SideFileRows.Drop(connection, file);
        log.Drop(key, $"{problem} It was {string.Join(", ", named)}; its checkpoints are kept without it.", [], aside is null ? []
            : [aside]);
    }

    // Repeats until no row refers to a missing one, since each removal may leave others.
    private void References(CatalogConnection connection)
    {
        while (connection.Query("PRAGMA foreign_key_check", row =>
            (Table: row.GetString(0), Row: row.OptionalLong(1), Missing: row.GetString(2))) is { Count: > 0 } missing)
        {
            foreach (var (table, row, of) in missing.Distinct())
            {
                if (table == "tasks" && of == "checkpoints")
                {
                    TaskRebuild.DropBranchPoint(connection, log, row!.Value);
                }
                else if (table == "tasks")
                {
                    TaskRebuild.Drop(connection, log, row!.Value, $"CORRUPT_STORE: The row of {of} is lost.");
                }
                else if (table == "checkpoints")
                {
                    Dropping.Run(connection, log, $"checkpoint row {row}", $"CORRUPT_STORE: The row of {of} is lost.",
                        "SELECT id FROM checkpoints WHERE id = $0", row);
                }
                else if (table == "side_files")
                {
                    DropSideFile(connection, row!.Value, $"side file row {row}", $"CORRUPT_STORE: The row of {of} is lost.");
                }
                else if (table == "side_sets")
                {
                    SideFileRows.DropLost(connection, log);
                }
                else if (row is not null)
                {
                    connection.Execute($"DELETE FROM \"{table}\" WHERE rowid = $0", row);
                }
                else
                {
                    SalvagedBases.DropReferring(connection, table, of);
                }
            }
        }
    }

    private static void Sums(SqliteCatalogConnection connection)
    {
        var (tasks, elements) = (new TaskCatalog(), new Dictionary<long, long>());
        foreach (var (id, name) in connection.Query("SELECT id, name FROM tasks", row => (row.GetInt64(0), row.GetString(1))))
        {
            try
            {
                elements.Add(id, tasks.Context(connection.Rows, name).Layout.Layout.Elements);
            }
            catch (Exception error) when (Problems.IsDamage(error))
            {
                // The verification reports it.
            }
        }

        using var transaction = connection.Begin();
        Recount.Run(connection, elements);
        transaction.Commit();
    }

    private async Task<IReadOnlyList<(VerifyItem Item, Finding Finding)>> VerifyAsync(BaseFolder folder,
        CancellationToken cancellationToken)
    {
        using var database = Database.Open(options.DataFolder, options.DiskSpace);
        var verifier = new Verifier(database, folder, options);
        await verifier.RunAsync(new VerifyOptions(), cancellationToken);
        return verifier.Found;
    }

    // Foreign keys are checked together by the code that drops rows.
    private SqliteCatalogConnection Open() =>
        SqliteCatalogConnection.OpenFile(Path.Combine(options.DataFolder, Database.FileName), "PRAGMA foreign_keys = OFF");
}
