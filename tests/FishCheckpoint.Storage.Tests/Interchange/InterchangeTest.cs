using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Engine;
using FishCheckpoint.Interchange;
using FishCheckpoint.Interchange.Export;
using FishCheckpoint.Interchange.Import;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Interchange;

/// <summary>A store with a few steps to export, and others to import into.</summary>
public abstract class InterchangeTest : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("fish-interchange-").FullName;
    private readonly List<CheckpointStore> stores = [];

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>The base of the first store.</summary>
    protected TestModel Base { get; private set; } = null!;

    /// <summary>The steps of the first store.</summary>
    protected SortedDictionary<long, TestModel> Steps { get; } = [];

    protected CheckpointStore Store { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync() => Store = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>A store of its own.</summary>
    protected async Task<CheckpointStore> OpenAsync()
    {
        var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = PathOf($"{Guid.NewGuid():N}") }, Stop);
        stores.Add(store);
        return store;
    }

    protected async Task PrepareAsync(TestModel model, params (long Step, TestModel Model)[] steps)
    {
        Base = model;
        await PrepareAsync(Store);
        foreach (var (step, state) in steps)
        {
            Steps.Add(step, state);
            using var file = ModelFolder.Open(state.Write(PathOf($"{Guid.NewGuid():N}")));
            await Store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Full(file), null, Stop);
        }
    }

    /// <summary>Gives a store the same base and an empty task.</summary>
    protected async Task PrepareAsync(IFishStore store)
    {
        await store.Bases.AddAsync("base", ModelUpload.FromStream(new MemoryStream(Base.ToBytes())), Stop);
        await store.Tasks.PutAsync("task", new TaskSpec("base"), Stop);
    }

    protected Task<ExportReport> ExportAsync(InterchangeFormat format, string name, Func<ExportOptions, ExportOptions>? change = null)
    {
        var options = new ExportOptions
        {
            Format = format, Folder = PathOf(name), Task = "task", From = StepRef.At(Steps.Keys.First()),
            To = StepRef.At(Steps.Keys.Last()),
        };
        return VersionExporter.ExportAsync(Store, change?.Invoke(options) ?? options, cancellation: Stop);
    }

    protected Task<ImportReport> ImportAsync(
        IFishStore store, InterchangeFormat format, string name, Func<ImportOptions, ImportOptions>? change = null)
    {
        var options = new ImportOptions { Format = format, Folder = PathOf(name), Task = "task", SpoolFolder = folder };
        return VersionImporter.ImportAsync(store, change?.Invoke(options) ?? options, cancellation: Stop);
    }

    protected async Task AssertSameAsync(IFishStore store, params long[] steps)
    {
        foreach (var step in steps.Length > 0 ? steps : [.. Steps.Keys])
        {
            Assert.Equal(Steps[step].ToBytes(), await store.RestoreAsync("task", step));
        }
    }

    protected static async Task<long[]> StepsOfAsync(ICheckpoints checkpoints) =>
        [.. (await checkpoints.ListAsync("task", new PageRequest(1000), Stop).ReadPageAsync()).Items.Select(item => item.Step)];
}
