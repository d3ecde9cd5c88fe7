using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A store in a folder of its own, with a base and a task.</summary>
public abstract class StoreFixture : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("fish-storage-").FullName;

    protected StoreOptions Options => new() { DataFolder = Path.Combine(folder, "data") };

    protected string DatabasePath => Path.Combine(Options.DataFolder, "fish.db");

    protected SqliteCheckpointStore Store { get; private set; } = null!;

    protected TestModel Base { get; } = TestModel.Create();

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Store = await SqliteCheckpointStore.OpenAsync(Options, Stop);
        await Store.AddBaseAsync("base", ModelUpload.FromStream(new MemoryStream(Base.ToBytes())), Stop);
        await Store.PutTaskAsync("task", new TaskSpec("base"), Stop);
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
        await Store.SaveAsync("task", step, new CheckpointContent.Full(file), null, Stop);
    }

    /// <summary>Runs SQL on the database as another program would.</summary>
    protected void Sql(string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
