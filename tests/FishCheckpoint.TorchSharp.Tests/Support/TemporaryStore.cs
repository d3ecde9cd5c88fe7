using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine;
using FishCheckpoint.Storage;
using FishCheckpoint.Tensors;
using TorchSharp;

namespace FishCheckpoint.TorchSharp.Tests;

/// <summary>A store in a folder of its own, with a net as its base and tasks on it.</summary>
internal sealed class TemporaryStore : IAsyncDisposable
{
    private TemporaryStore(string folder) => Folder = folder;

    public string Folder { get; }

    public string BaseFile => Path.Combine(Folder, "base.safetensors");

    public CheckpointStore Store { get; private set; } = null!;

    public static async Task<TemporaryStore> CreateAsync(torch.nn.Module net, params string[] tasks)
    {
        var made = new TemporaryStore(Directory.CreateTempSubdirectory("fish-torch-").FullName);
        using (var model = new TorchModel(net))
        {
            model.SaveFile(made.BaseFile);
        }

        await made.ReopenAsync();
        await made.Store.Bases.AddAsync("base", ModelUpload.FromPath(made.BaseFile));
        foreach (var task in tasks)
        {
            await made.Store.Tasks.PutAsync(task, new TaskSpec("base"));
        }

        return made;
    }

    public async Task ReopenAsync()
    {
        if (Store is not null)
        {
            await Store.DisposeAsync();
        }

        Store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Path.Combine(Folder, "data") });
    }

    /// <summary>The model file of a checkpoint.</summary>
    public async Task<byte[]> RestoreAsync(string task, long step)
    {
        await using var reader = await Store.States.OpenAsync(task, StepRef.At(step));
        var path = Path.Combine(Folder, $"{Guid.NewGuid():N}");
        await reader.SaveFileAsync(ModelFiles.SingleFileName, path);
        return await File.ReadAllBytesAsync(path);
    }

    /// <summary>The model file of what a net holds now.</summary>
    public byte[] FileOf(TorchModel model)
    {
        var path = Path.Combine(Folder, $"{Guid.NewGuid():N}");
        model.SaveFile(path);
        return File.ReadAllBytes(path);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
