using System.Diagnostics;
using FishCheckpoint.Benchmarks.EndToEnd.Processes;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine;
using FishCheckpoint.Masks;
using FishCheckpoint.Storage;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Benchmarks.EndToEnd.Growth;

/// <summary>A model of one size, in an embedded store and on a server, and the works that are timed on it.</summary>
internal sealed class GrowthSubject : IAsyncDisposable
{
    private const string Task = "task";

    private readonly Random random = new(2);
    private readonly GrowthModel model;
    private readonly Mask mask;
    private readonly CheckpointStore store;
    private readonly ServerProcess server;
    private readonly FishClient client;
    private readonly string folder;
    private long step;

    private GrowthSubject(GrowthModel model, Mask mask, CheckpointStore store, ServerProcess server, string folder) =>
        (this.model, this.mask, this.store, this.server, client, this.folder) =
        (model, mask, store, server, FishClient.Connect(server.Address), folder);

    /// <summary>The works, by the name of their row.</summary>
    public IReadOnlyDictionary<string, Func<Task>> Works => new Dictionary<string, Func<Task>>(StringComparer.Ordinal)
    {
        ["encode: positions and values to frames, in memory"] = EncodeAsync,
        ["save, embedded store, fixed mask"] = () => SaveAsync(store.Checkpoints, mask),
        ["save over HTTP, fixed mask"] = () => SaveAsync(client.Checkpoints, mask),
        ["load one tensor of 4 million elements over HTTP"] = LoadTensorAsync,
        ["load 64 KiB of the model over HTTP"] = () => LoadRangeAsync(1 << 16),
        [NewMask] = () => SaveAsync(store.Checkpoints, model.Draw(checked((int)mask.Count), random)),
    };

    /// <summary>The work that reads the parent's values at positions all over the model, and so the base.</summary>
    public static string NewMask => "save, embedded store, a new mask (reads the base's blocks that it touches)";

    public static async Task<GrowthSubject> OpenAsync(long elements, int changed, string folder)
    {
        var written = new GrowthModel(elements);
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, "base.safetensors");
        written.Write(path);
        var embedded = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Path.Combine(folder, "data") });
        await embedded.Bases.AddAsync("base", ModelUpload.FromPath(path));
        await embedded.Tasks.PutAsync(Task, new TaskSpec("base"));
        File.Delete(path);

        // The server opens the same folder: one base on disk for both.
        var serving = await ServerProcess.StartAsync(Path.Combine(folder, "data"));
        return new GrowthSubject(written, written.Draw(changed, new Random(1)), embedded, serving, folder);
    }

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync();
        await server.DisposeAsync();
        await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Does a work once.</summary>
    /// <returns>Seconds.</returns>
    public async Task<double> TimeAsync(string work)
    {
        var action = Works[work];
        var clock = Stopwatch.StartNew();
        await action();
        return clock.Elapsed.TotalSeconds;
    }

    private Task EncodeAsync()
    {
        var delta = new Delta(mask, GrowthModel.Values(mask, random));
        using var encoded = DeltaEncoder.Encode(delta.OpenReader(), null, default, new CodecOptions(), folder);
        return System.Threading.Tasks.Task.CompletedTask;
    }

    private Task SaveAsync(ICheckpoints target, Mask on) =>
        target.SaveAsync(Task, step++, new CheckpointContent.Changed(new Delta(on, GrowthModel.Values(on, random))));

    private async Task LoadTensorAsync()
    {
        await using var reader = await client.States.OpenAsync(Task, StepRef.Latest);
        await reader.CopyTensorAsync(model.Layout.Tensors[0].Name, System.IO.Pipelines.PipeWriter.Create(Stream.Null));
    }

    private async Task LoadRangeAsync(long length)
    {
        await using var reader = await client.States.OpenAsync(Task, StepRef.Latest);
        var file = reader.FileOf(Tensors.ModelFiles.SingleFileName);
        await reader.CopyToAsync(file.Name, file.Bytes / 2, length, System.IO.Pipelines.PipeWriter.Create(Stream.Null));
    }
}
