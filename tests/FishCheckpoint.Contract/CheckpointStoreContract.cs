using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>
/// What every <see cref="IFishStore"/> does. A new store joins by deriving from the classes of this project and opening itself empty;
/// it may not weaken a test.
/// </summary>
public abstract class CheckpointStoreContract : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("fish-contract-").FullName;

    protected IFishStore Store { get; private set; } = null!;

    /// <summary>A folder of this test's own.</summary>
    protected string Folder => folder;

    protected TestModel Base { get; } = TestModel.Create();

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Store = await OpenAsync(Path.Combine(folder, "data"));
        await Store.Bases.AddAsync("base", ModelUpload.FromStream(new MemoryStream(Base.ToBytes())), Stop);
        await Store.Tasks.PutAsync("task", new TaskSpec("base"), Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await CloseAsync();
        Directory.Delete(folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens a store of an empty folder.</summary>
    protected abstract Task<IFishStore> OpenAsync(string dataFolder);

    /// <summary>Closes what <see cref="OpenAsync"/> opened beside the store.</summary>
    protected virtual Task CloseAsync() => Task.CompletedTask;

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
