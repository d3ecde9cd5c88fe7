using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Reports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Reports;
using FishCheckpoint.Storage.Sqlite;
using SQLitePCL;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>
/// What is asked of a store is found by an index: no question walks through a table, so none takes longer because there is more.
/// </summary>
public sealed class QueryPlanTests : StoreFixture
{
    [Fact]
    public async Task Questions_ScanNoTable()
    {
        await Store.Tasks.PutAsync("task", new TaskSpec("base", Retention: new Retention(Monitor: "loss")), Stop);
        await SaveAsync(1, Base.Change(1));
        await SaveAsync(2, Base.Change(2));
        await Store.Checkpoints.SetTagAsync("task", "good", StepRef.At(2), Stop);
        Sql("UPDATE checkpoints SET metrics = '{\"loss\":0.5}'");

        using var connection = SqliteCatalogConnection.OpenFile(DatabasePath);
        var view = connection.Rows;
        using var database = Database.Open(Options.DataFolder);
        var statements = new List<string>();
        raw.sqlite3_trace(connection.Sqlite.Handle, (_, sql) => statements.Add(sql), null);
        var task = new TaskCatalog().Context(view, "task");
        foreach (var step in new[] { "1", "latest", "best", "good" })
        {
            Assert.NotNull(view.Checkpoints.Find(task, StepRef.Parse(step)).ToInfo(view, "task"));
        }

        Assert.Equal(2, view.Checkpoints.List(task, new PageRequest(1000)).Items.Count);
        view.Checkpoints.List(task, new PageRequest(1, "1"));
        view.Checkpoints.List(task, new PageRequest(1, "2", Descending: true));
        TimelineReporter.Of(view, "task", new TimelineRequest());
        view.Checkpoints.Before(task.Id, 2);
        view.Tasks.Info("task");
        view.Tasks.List(new PageRequest());
        view.Bases.List(new PageRequest());
        StorageReporter.OfStore(view, database);
        StorageReporter.OfBase(view, "base");
        StorageReporter.OfTask(view, "task");
        TensorReporter.OfTask(view, task, new PageRequest());
        GrowthReporter.Of(view, new GrowthRequest { Task = "task" }, DateTimeOffset.UtcNow);
        raw.sqlite3_trace(connection.Sqlite.Handle, (strdelegate_trace?)null, null);

        var scans = statements.Distinct(StringComparer.Ordinal).Where(sql => sql.StartsWith("SELECT", StringComparison.Ordinal))
            .SelectMany(sql => Plan(connection, sql)
            .Where(step => step.StartsWith("SCAN", StringComparison.Ordinal) && !IsBounded(step))
            .Select(step => $"{step}: {sql}")).ToArray();
        Assert.Empty(scans);
        Assert.InRange(statements.Count, 25, 200);
    }

    [Fact]
    public void Recoding_LooksOnlyAtWhatIsLeftToRecode()
    {
        using var connection = SqliteCatalogConnection.OpenFile(DatabasePath);
        var statements = new List<string>();
        raw.sqlite3_trace(connection.Sqlite.Handle, (_, sql) => statements.Add(sql), null);
        connection.Rows.Recoding.NextCheckpoint(-1, null);
        connection.Rows.Recoding.BytesOfAll(null);
        raw.sqlite3_trace(connection.Sqlite.Handle, (strdelegate_trace?)null, null);
        Assert.All(
            statements.Where(sql => sql.Contains("FROM checkpoints", StringComparison.Ordinal)),
            sql => Assert.Contains(
                Plan(connection, sql), step => step.Contains("USING INDEX checkpoints_to_recode", StringComparison.Ordinal)));
    }

    [Fact]
    public void References_AreFoundByAnIndex()
    {
        using var connection = SqliteCatalogConnection.OpenFile(DatabasePath);

        // Whatever is deleted is looked for in all that may refer to it. An index of those that refer to something is enough.
        var found = connection.Query(
            """
            SELECT t.name || '.' || f."from" FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table' AND
              NOT EXISTS (
              SELECT 1 FROM pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c LEFT JOIN sqlite_schema s ON s.name = i.name
              WHERE c.seqno = 0 AND c.name = f."from" AND (i.partial = 0 OR s.sql LIKE '% WHERE ' || c.name || ' IS NOT NULL'))
            AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) k WHERE k.pk = 1 AND k.name = f."from")
            """,
            row => row.GetString(0));
        Assert.Empty(found);
    }

    // The first thousand bases, or tasks by their size; a constant row.
    private static bool IsBounded(string step) =>
        step is "SCAN b" or "SCAN bases" or "SCAN x USING INDEX totals_by_size" or "SCAN CONSTANT ROW";

    private static List<string> Plan(SqliteCatalogConnection connection, string sql) =>
        connection.Query($"EXPLAIN QUERY PLAN {sql}", row => row.GetString(3));
}
