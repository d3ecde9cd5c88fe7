using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage.Sqlite;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A store that an earlier program has written stays readable, and is brought up to date.</summary>
public sealed class MigrationTests : StoreFixture
{
    [Fact]
    public void Execute_ErrorBehindAStatementWithColumns_IsThrown()
    {
        using var connection = SqliteCatalogConnection.OpenFile(":memory:");
        connection.Execute("CREATE TABLE made (a); ALTER TABLE made ADD COLUMN b NOT NULL DEFAULT 0; INSERT INTO made VALUES (1, 2);");
        Assert.Equal(1, connection.Scalar<long>("SELECT count(*) FROM made"));
        Assert.Throws<CatalogException>(() => connection.Execute("SELECT 1; INSERT INTO missing VALUES (1); DROP TABLE made;"));
        Assert.Equal(1, connection.Scalar<long>("SELECT count(*) FROM made"));
    }

    [Fact]
    public void Commit_ThatIsRefused_ThrowsTheCatalogsError()
    {
        using var connection = SqliteCatalogConnection.OpenFile(":memory:");
        connection.Execute("PRAGMA foreign_keys = ON; CREATE TABLE one (id INTEGER PRIMARY KEY)");
        connection.Execute("CREATE TABLE other (one INTEGER REFERENCES one DEFERRABLE INITIALLY DEFERRED)");
        using (var transaction = connection.Begin())
        {
            connection.Execute("INSERT INTO other VALUES (1)");
            Assert.Equal(CatalogFault.Constraint, Assert.Throws<CatalogException>(transaction.Commit).Fault);
        }

        Assert.Equal(0, connection.Scalar<long>("SELECT count(*) FROM other"));
    }

    [Fact]
    public async Task Open_StoreOfTheFirstSchema_KeepsEveryCheckpoint()
    {
        await ReopenAsync(Options with { Codec = new CodecOptions { Effort = CodecEffort.Runs } });
        var (first, second) = (Base.Change(1, 0.0005), Base.Change(1, 0.0005).Change(2, 0.0005));
        await SavePatchAsync(1, first);
        await SavePatchAsync(2, second);
        await Store.DisposeAsync();

        // The first schema: no blocks, no references, no efforts, every mask with a frame of its own.
        Sql($"""
            ALTER TABLE checkpoints DROP COLUMN metadata;
            DROP TABLE store;
            {WithoutGrace}
            {WithoutTotals}
            DROP TRIGGER key_bytes_of_new_checkpoint;
            DROP TRIGGER key_bytes_of_changed_checkpoint;
            DROP TRIGGER key_bytes_of_removed_checkpoint;
            DROP TRIGGER key_bytes_of_base;
            DROP TRIGGER key_bytes_of_removed_base;
            DROP INDEX checkpoints_by_side_set;
            ALTER TABLE checkpoints DROP COLUMN side_set;
            ALTER TABLE checkpoints DROP COLUMN side_bytes;
            DROP TABLE side_sets;
            DROP TABLE side_files;
            ALTER TABLE checkpoints DROP COLUMN saved_by;
            ALTER TABLE bases DROP COLUMN added_by;
            ALTER TABLE tasks DROP COLUMN quota_bytes;
            DROP TABLE keys;
            DROP TABLE audit;
            DROP TABLE verified;
            DROP TABLE damage;
            {TaskColumnsOfGrace}
            DROP INDEX tasks_by_origin;
            ALTER TABLE tasks DROP COLUMN origin;
            ALTER TABLE tasks DROP COLUMN origin_task;
            ALTER TABLE tasks DROP COLUMN origin_step;
            ALTER TABLE checkpoints DROP COLUMN pinned;
            ALTER TABLE checkpoints DROP COLUMN chain_bytes;
            ALTER TABLE checkpoints DROP COLUMN proof;
            DROP INDEX checkpoints_to_recode;
            DROP INDEX masks_to_recode;
            ALTER TABLE checkpoints DROP COLUMN effort;
            ALTER TABLE masks DROP COLUMN effort;
            DROP INDEX checkpoints_by_reference;
            ALTER TABLE checkpoints DROP COLUMN reference;
            ALTER TABLE checkpoints DROP COLUMN reference_depth;
            ALTER TABLE checkpoints DROP COLUMN blocks;
            PRAGMA user_version = 1;
            """);
        await ReopenAsync();
        AssertTotalsAreARecount();
        Assert.Equal(first.ToBytes(), await Store.RestoreAsync("task", 1));
        Assert.Equal(second.ToBytes(), await Store.RestoreAsync("task", 2));
        AssertTotalsAreARecount();
        await SaveAsync(3, second.Change(3));
        AssertTotalsAreARecount();
        Assert.All(new long[] { 1, 2, 3 }, step => Assert.True(
            Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(step), Stop).GetAwaiter().GetResult().Sound));
    }

    // What was deleted could not be brought back.
    private static string WithoutGrace { get; } = string.Join('\n', [
        .. new[] { "grace_update", "grace_delete", "metrics_show", "tasks_hide" }.Select(name => $"DROP TRIGGER {name};"),
        .. new[]
        {
            "checkpoints_in_grace", "checkpoints_in_grace_by_task", "checkpoints_in_grace_by_step", "tasks_in_grace", "tasks_by_expiry",
                "checkpoints_by_mask",
            "checkpoints_by_brought_mask", "checkpoints_by_frame", "checkpoints_by_trainer_frame", "checkpoints_by_task", "masks_by_frame",
        }.Select(name => $"DROP INDEX {name};"),
        "CREATE INDEX checkpoints_by_mask ON checkpoints (mask);",
        .. new[] { "deleted_at", "expires", "former_tags", "with_task" }.Select(name => $"ALTER TABLE checkpoints DROP COLUMN {name};"),
        .. new[] { "grace", "grace_bytes" }.Select(name => $"ALTER TABLE totals DROP COLUMN {name};"),
    ]);

    private const string TaskColumnsOfGrace =
        "ALTER TABLE tasks DROP COLUMN former_name; ALTER TABLE tasks DROP COLUMN deleted_at; ALTER TABLE tasks DROP COLUMN expires;";

    // Totals were columns of tasks, kept by the program.
    private static string WithoutTotals { get; } = string.Join('\n', [
        .. new[]
        {
            "counted_insert", "checkpoints_insert", "checkpoints_delete", "checkpoints_update", "measured_insert", "metrics_insert",
                "metrics_delete", "metrics_hide",
            "metrics_change", "bases_insert", "bases_delete", "base_files_insert", "base_files_update", "base_files_delete", "tasks_insert",
            "tasks_delete",
        }.Select(name => $"DROP TRIGGER {name};"),
        .. new[] { "counted", "measured", "scopes" }.Select(name => $"DROP VIEW {name};"),
        .. new[] { "checkpoints", "logical_bytes", "elements", "changed", "position_bytes", "value_bytes", "state_bytes" }.Select(name =>
            $"ALTER TABLE tasks ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0; UPDATE tasks SET {name} = (SELECT x.{name} FROM totals x "
            + "WHERE x.task = tasks.id);"),
        .. new[] { "totals", "depths", "growth", "task_tensors", "tasks_to_count", "metrics" }.Select(name => $"DROP TABLE {name};"),
        "DROP INDEX base_names_by_base; DROP INDEX base_files_to_measure; ALTER TABLE base_files DROP COLUMN stored; ALTER TABLE "
        + "checkpoints DROP COLUMN elements;",
    ]);

    private async Task SavePatchAsync(long step, TestModel model)
    {
        var path = Path.Combine(Options.DataFolder, $"{step}.patch");
        await File.WriteAllBytesAsync(path, model.PatchAgainst(Base), Stop);
        using var patch = Tensors.SafetensorsFile.Open(path);
        await Store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Sparse(patch), null, Stop);
    }
}
