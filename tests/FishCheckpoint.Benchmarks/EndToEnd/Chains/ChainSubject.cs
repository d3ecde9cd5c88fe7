using System.Diagnostics;
using System.IO.Pipelines;
using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine;
using FishCheckpoint.Storage;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.EndToEnd.Chains;

/// <summary>A store of one run's steps, each based on the one before it, and what they cost.</summary>
internal sealed class ChainSubject(CheckpointStore store, ISteps steps) : IAsyncDisposable
{
    private const string Task = "task";

    private readonly List<Digest> held = [];

    public List<CheckpointInfo> Infos { get; } = [];

    public long BaseBytes => steps.Layout.Bytes;

    public static async Task<ChainSubject> OpenAsync(ISteps steps, string folder)
    {
        var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Path.Combine(folder, "data") });
        var path = Path.Combine(folder, "base.safetensors");
        using (var writer = new SafetensorsWriter(path, HeaderWriter.Create(steps.Layout.Tensors)))
        {
            for (var tensor = 0; tensor < steps.Layout.Tensors.Count; tensor++)
            {
                writer.Write(steps.BytesOf(tensor));
            }

            writer.Commit();
        }

        await store.Bases.AddAsync("base", ModelUpload.FromPath(path));
        await store.Tasks.PutAsync(Task, new TaskSpec("base"));
        return new ChainSubject(store, steps);
    }

    /// <summary>Saves n steps.</summary>
    public async Task SaveAsync(int count)
    {
        for (var step = 1; step <= count; step++)
        {
            var saved = await store.Checkpoints.SaveAsync(
                Task, step, new CheckpointContent.Changed(steps.Next()), new SaveOptions { Parent = ParentChoice.Previous });
            Infos.Add(saved.Value);
            held.Add(Digest());
        }
    }

    /// <summary>Rebuilds steps and compares each with what the trainer held.</summary>
    /// <param name="every">1: all; 2: every second one, and so on.</param>
    /// <exception cref="InvalidOperationException">One differs.</exception>
    public async Task RequireAsync(int every)
    {
        for (var step = every; step <= held.Count; step += every)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var reader = await store.States.OpenAsync(Task, StepRef.At(step));
            for (var tensor = 0; tensor < steps.Layout.Tensors.Count; tensor++)
            {
                var bytes = new MemoryStream();
                var pipe = PipeWriter.Create(bytes);
                await reader.CopyTensorAsync(steps.Layout.Tensors[tensor].Name, pipe);
                await pipe.CompleteAsync();
                hash.AppendData(bytes.ToArray());
            }

            if (Tensors.Digest.Finish(hash) != held[step - 1])
            {
                throw new InvalidOperationException($"{steps.Name}: step {step} is not what was saved.");
            }
        }
    }

    /// <summary>Seconds that a full restore takes.</summary>
    public async Task<double> RestoreAsync(int step)
    {
        var clock = Stopwatch.StartNew();
        await using var reader = await store.States.OpenAsync(Task, StepRef.At(step));
        var file = reader.FileOf(ModelFiles.SingleFileName);
        await reader.CopyToAsync(file.Name, 0, file.Bytes, PipeWriter.Create(Stream.Null));
        return clock.Elapsed.TotalSeconds;
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private Digest Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var tensor = 0; tensor < steps.Layout.Tensors.Count; tensor++)
        {
            hash.AppendData(steps.BytesOf(tensor));
        }

        return Tensors.Digest.Finish(hash);
    }
}

/// <summary>What a chain of steps takes, beside the deltas of the steps alone.</summary>
/// <param name="Stored">Bytes that the steps take.</param>
/// <param name="Bare">
/// Bytes that their deltas take, each based on the step before it. A step that is stored otherwise counts as much as the last one before
/// it that is stored so.
/// </param>
/// <param name="Composites">How many are stored otherwise.</param>
/// <param name="Deepest">The most deltas of a chain.</param>
/// <param name="Reads">What each step costs to read, in bytes, beside the base and its one delta.</param>
internal sealed record ChainMeasures(long Stored, long Bare, int Composites, int Deepest, IReadOnlyList<double> Reads)
{
    public static ChainMeasures Of(ChainSubject subject)
    {
        var (infos, bare) = (subject.Infos, new List<long>());
        foreach (var info in infos)
        {
            bare.Add(IsBare(info) ? info.StoredBytes : bare[^1]);
        }

        return new ChainMeasures(
            infos.Sum(info => info.StoredBytes), bare.Sum(), infos.Count(info => !IsBare(info)), infos.Max(info => info.Depth),
            [.. infos.Zip(bare, (info, delta) => (double)(subject.BaseBytes + info.ChainBytes) / (subject.BaseBytes + delta))]);
    }

    /// <summary>The steps that cost the most to read, and some between, whose times are measured.</summary>
    public IReadOnlyList<int> Timed(int count) =>
        [.. Enumerable.Range(1, count).Select(index => (index * Reads.Count) / count).Append(Reads.ToList().IndexOf(Reads.Max()) + 1)
        .Distinct().Order()];

    private static bool IsBare(CheckpointInfo info) => info.Parent == (info.Step == 1 ? "base" : $"{info.Step - 1}");
}
