using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>
/// What every <see cref="IFishStore"/> does. A test project joins by compiling this folder and naming its <see cref="StoreFactory"/>
/// <c>TestedStore</c>; it may not weaken a test.
/// </summary>
public abstract class CheckpointStoreContract : IAsyncLifetime
{
    private readonly TestedStore factory = new();
    private readonly string folder = Directory.CreateTempSubdirectory("fish-contract-").FullName;

    protected IFishStore Store { get; private set; } = null!;

    /// <summary>A folder of this test's own.</summary>
    protected string Folder => folder;

    /// <summary>How the store is opened.</summary>
    protected virtual StoreSetup Setup => new();

    /// <summary>Whether an open reader goes on after its checkpoint is deleted.</summary>
    protected bool ReadsSnapshots => factory.ReadsSnapshots;

    protected TestModel Base { get; } = TestModel.Create();

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Store = await factory.OpenAsync(Path.Combine(folder, "data"), Setup);
        await Store.Bases.AddAsync("base", ModelUpload.FromStream(new MemoryStream(Base.ToBytes())), Stop);
        await Store.Tasks.PutAsync("task", new TaskSpec("base"), Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await factory.DisposeAsync();
        Directory.Delete(folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected async Task<Saved<CheckpointInfo>> SaveFullAsync(long step, TestModel model, SaveOptions? options = null, string task = "task")
    {
        using var file = Tensors.ModelFolder.Open(model.Write(Path.Combine(folder, $"{Guid.NewGuid():N}")));
        return await Store.Checkpoints.SaveAsync(task, step, new CheckpointContent.Full(file), options, Stop);
    }

    protected async Task<Saved<CheckpointInfo>> SavePatchAsync(long step, byte[] patch, SaveOptions? options = null, string task = "task")
    {
        var path = Path.Combine(folder, $"{Guid.NewGuid():N}.safetensors");
        await File.WriteAllBytesAsync(path, patch, Stop);
        using var file = Tensors.SafetensorsFile.Open(path);
        return await Store.Checkpoints.SaveAsync(task, step, new CheckpointContent.Sparse(file), options, Stop);
    }

    protected static async Task<FishException> RefusedAsync(ErrorCode code, Func<Task> action)
    {
        var error = await Assert.ThrowsAsync<FishException>(action);
        Assert.Equal(code, error.Code);
        return error;
    }
}
