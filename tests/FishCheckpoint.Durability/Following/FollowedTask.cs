using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Net;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using FishCheckpoint.Engine;
using FishCheckpoint.Storage;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Durability.Following;

/// <summary>
/// A task that goes on being saved while it is followed: small changes and large ones, files under other headers, patches, and steps that
/// are deleted again.
/// </summary>
internal sealed class FollowedTask : IAsyncDisposable
{
    public const string Name = "task";
    private const int Kept = 40;

    private readonly CheckpointStore store;
    private readonly Random random;
    private readonly string scratch;
    private readonly ConcurrentDictionary<Digest, long> steps = new();
    private TestModel model;

    private FollowedTask(CheckpointStore store, int seed, string scratch, TestModel model) =>
        (this.store, random, this.scratch, this.model) = (store, new Random(seed), scratch, model);

    /// <summary>The newest step; what is saved as it is never changed.</summary>
    public long Newest { get; private set; }

    /// <summary>How many saves there were.</summary>
    public long Saves { get; private set; }

    /// <summary>Makes base and task.</summary>
    public static async Task<FollowedTask> CreateAsync(string data, int seed, string scratch)
    {
        var first = TestModel.Create(
            seed, null, new TensorInfo("embed.weight", DType.F32, [300, 1000]), new TensorInfo("layer.weight", DType.BF16, [300, 170]),
            new TensorInfo("steps", DType.I64, []));
        var opened = await SqliteCheckpointStore.OpenAsync(
            new StoreOptions { DataFolder = data, Codec = new CodecOptions { Effort = CodecEffort.Fast } });
        await opened.Bases.AddAsync("base", ModelUpload.FromStream(new MemoryStream(first.ToBytes())));
        await opened.Tasks.PutAsync(Name, new TaskSpec("base"));
        return new FollowedTask(opened, seed, scratch, first);
    }

    /// <summary>The step that a file's digest is of; <see langword="null"/>: no step was ever so.</summary>
    public long? StepOf(Digest file) => steps.TryGetValue(file, out var step) ? step : null;

    /// <summary>Saves until it is cancelled.</summary>
    public async Task SaveOnAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await SaveAsync();
            await Task.Delay(random.Next(5, 120), CancellationToken.None);
        }
    }

    /// <summary>Saves one step.</summary>
    public async Task SaveAsync()
    {
        var step = Newest + random.Next(1, 4);
        var before = model;
        model = model.Change(random.Next(), random.Next(8) == 0 ? 1.5 : 0.002);
        var kind = random.Next(20);
        var file = kind switch { 0 => model.Rearranged(), < 4 => WithStep(step), _ => model };

        // Known before it can be pulled.
        steps[Digest.Of(file.ToBytes())] = step;
        var path = Path.Combine(scratch, "saved.safetensors");
        if (kind is > 3 and < 9 && Newest > 0)
        {
            await File.WriteAllBytesAsync(path, model.PatchAgainst(before));
            using var patch = SafetensorsFile.Open(path);
            await store.Checkpoints.SaveAsync(
                Name, step, new CheckpointContent.Sparse(patch), new SaveOptions { Parent = ParentChoice.Previous });
        }
        else
        {
            await File.WriteAllBytesAsync(path, file.ToBytes());
            using var full = ModelFolder.Open(path);
            await store.Checkpoints.SaveAsync(Name, step, new CheckpointContent.Full(full));
        }

        (Newest, Saves) = (step, Saves + 1);
        await DeleteAsync();
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();

    // The same model under a header that says the step, as trainers write one.
    private TestModel WithStep(long step) =>
        model.Under(new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt", ["step"] = $"{step}" });

    // Never the newest: so the newest only grows.
    private async Task DeleteAsync()
    {
        var page = await store.Checkpoints.ListAsync(Name, new PageRequest(1000)).ReadPageAsync();
        if (page.Items.Count > Kept)
        {
            await store.Checkpoints.DeleteAsync(Name, StepRef.At(page.Items[random.Next(page.Items.Count - 1)].Step));
        }
    }
}

/// <summary><c>fishckpt serve</c> on a data folder, at one address however often it is killed.</summary>
internal sealed class FollowedServer(string fish, string data) : IAsyncDisposable
{
    private readonly string url = FreeAddress();
    private FishProcess? process;

    /// <summary>Starts it where it does not run; does not wait until it is ready.</summary>
    /// <returns>The options that name it.</returns>
    public async Task<string[]> StartAsync()
    {
        if (process is { HasExited: true })
        {
            await KillAsync();
        }

        process ??= FishProcess.Start(fish, "serve", "--data", data, "--urls", url);
        return ["--server", url];
    }

    /// <summary>Kills it.</summary>
    public async Task KillAsync()
    {
        if (process is not null)
        {
            await process.KillAsync();
            process.Dispose();
            process = null;
        }
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    private static string FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://{listener.LocalEndpoint}";
    }
}
