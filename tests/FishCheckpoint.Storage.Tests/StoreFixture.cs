using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Engine;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A store in a folder of its own, with a base and a task.</summary>
public abstract class StoreFixture : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("fish-storage-").FullName;

    /// <summary>Without a grace, which tests of deletion give themselves: what is deleted frees its bytes at once.</summary>
    protected virtual StoreOptions Options => new() { DataFolder = Path.Combine(folder, "data"), DeletionGrace = TimeSpan.Zero };

    protected string DatabasePath => Path.Combine(Options.DataFolder, "fish.db");

    protected CheckpointStore Store { get; private set; } = null!;

    protected TestModel Base { get; } = TestModel.Create();

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Store = await SqliteCheckpointStore.OpenAsync(Options, Stop);
        await Store.Bases.AddAsync("base", ModelUpload.FromStream(new MemoryStream(Base.ToBytes())), Stop);
        await Store.Tasks.PutAsync("task", new TaskSpec("base"), Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected async Task ReopenAsync(StoreOptions? options = null)
    {
        await Store.DisposeAsync();
        Store = await SqliteCheckpointStore.OpenAsync(options ?? Options, Stop);
    }

    protected async Task SaveAsync(long step, TestModel model)
    {
        using var file = ModelFolder.Open(model.Write(Path.Combine(folder, $"{Guid.NewGuid():N}")));
        await Store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Full(file), null, Stop);
    }

    /// <summary>Runs SQL on the database as another program would.</summary>
    protected void Sql(string sql) => Ask(sql);

    /// <summary>Runs SQL on the database as another program would, and gives the number that it answers.</summary>
    protected long Ask(string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is long number ? number : 0;
    }

    /// <summary>Compares the running totals and the rows that they are made of with the frames that are there.</summary>
    protected void AssertTotalsAreARecount()
    {
        TotalsRecount.AssertEqual(DatabasePath);
        Assert.Equal(0, Ask(
            """
            SELECT count(*) FROM checkpoints c JOIN frames f ON f.id = c.frame
              WHERE c.value_bytes + c.blocks * c.brought_bytes <> length(f.head) + f.payload
            """));
        Assert.Equal(0, Ask("SELECT count(*) FROM masks m JOIN frames f ON f.id = m.frame WHERE m.bytes <> length(f.head) + f.payload"));
        Assert.Equal(
            0, Ask(
                "SELECT count(*) FROM checkpoints c JOIN masks m ON m.id = c.mask WHERE c.blocks = 0 AND c.brought_bytes NOT IN (0, "
                + "m.bytes)"));
        Assert.Equal(0, Ask(
            "SELECT count(*) FROM frames f WHERE f.payload <> (SELECT coalesce(sum(length(data)), 0) FROM pieces WHERE frame = f.id)"));
        Assert.Equal(0, Ask(
            """
            SELECT count(*) FROM frames WHERE id NOT IN (SELECT frame FROM checkpoints UNION SELECT frame FROM masks WHERE frame IS NOT NULL
              UNION SELECT trainer_frame FROM checkpoints WHERE trainer_frame IS NOT NULL UNION SELECT frame FROM side_files)
            """));
        Assert.Equal(0, Ask(
            """
            SELECT count(*) FROM checkpoints c LEFT JOIN frames f ON f.id = c.trainer_frame
            WHERE c.trainer_bytes <> c.side_bytes + coalesce(length(f.head) + f.payload, 0)
              OR c.side_bytes <> (SELECT coalesce(sum(length(f.head) + f.payload), 0) FROM side_files s JOIN frames f ON f.id = s.frame
                WHERE s.owner = c.id)
            """));
        Assert.Equal(0, Ask(
            """
            SELECT count(*) FROM side_files f WHERE NOT EXISTS (SELECT 1 FROM side_sets s JOIN checkpoints c ON c.side_set = s.id
              WHERE s.file = f.id AND c.id = f.owner)
            """));
        Assert.Equal(0, Ask(
            """
            WITH RECURSIVE earlier (id, at) AS (
              SELECT id, id FROM checkpoints UNION ALL SELECT e.id, c.reference FROM earlier e JOIN checkpoints c ON c.id = e.at
                WHERE c.reference IS NOT NULL),
            link (id, parent, bytes) AS (SELECT c.id, c.parent, iif(c.blocks, 0, m.bytes) + (
              SELECT sum(length(f.head) + f.payload) FROM earlier e JOIN checkpoints r ON r.id = e.at JOIN frames f ON f.id = r.frame
                WHERE e.id = c.id)
              FROM checkpoints c JOIN masks m ON m.id = c.mask),
            chain (id, bytes, depth) AS (
              SELECT id, bytes, 1 FROM link WHERE parent IS NULL
              UNION ALL SELECT l.id, chain.bytes + l.bytes, chain.depth + 1 FROM chain JOIN link l ON l.parent = chain.id)
            SELECT count(*) FROM checkpoints c LEFT JOIN chain ON chain.id = c.id
              WHERE (c.chain_bytes, c.depth) IS NOT (chain.bytes, chain.depth)
            """));
        Assert.Equal(0, Ask(
            """
            WITH RECURSIVE earlier (id, at, before) AS (
              SELECT id, reference, 1 FROM checkpoints WHERE reference IS NOT NULL
              UNION ALL SELECT e.id, c.reference, before + 1 FROM earlier e JOIN checkpoints c ON c.id = e.at WHERE c.reference IS NOT NULL)
            SELECT count(*) FROM checkpoints c WHERE c.reference IS NOT NULL AND c.reference_depth IS NOT (SELECT max(before) FROM earlier e
              WHERE e.id = c.id)
            """));
    }
}
