using System.IO.Pipelines;
using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine;
using FishCheckpoint.Storage;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Bench;

/// <summary>Saves the pair's second model through an embedded store, and loads it again.</summary>
internal sealed class StoreBench(CheckpointStore store, BenchPair pair) : IAsyncDisposable
{
    private const string BaseName = "before";

    private int rounds;

    public long StoredBytes { get; private set; }

    /// <summary>Whether every tensor was restored with its SHA-256.</summary>
    public bool IsBitExact { get; private set; } = true;

    /// <summary>Times from the open files to a committed and synced save.</summary>
    public Timings Saving { get; } = new();

    /// <summary>Times until all files of the rebuilt model were read.</summary>
    public Timings Loading { get; } = new();

    /// <summary>Creates a store with the first model as its base.</summary>
    public static async Task<StoreBench> CreateAsync(StoreOptions options, BenchPair pair, CancellationToken cancellation)
    {
        var store = await SqliteCheckpointStore.OpenAsync(options, cancellation);
        await store.Bases.AddAsync(BaseName, ModelUpload.FromPath(pair.BeforePath), cancellation);
        return new StoreBench(store, pair);
    }

    /// <summary>Saves once to an empty task, and loads. Then deletes the task: a save with known positions would cost less.</summary>
    public async Task RoundAsync(CancellationToken cancellation)
    {
        var task = $"round-{++rounds}";
        await store.Tasks.PutAsync(task, new TaskSpec(BaseName), cancellation);
        var saved = await Saving.TimeAsync(
            () => store.Checkpoints.SaveAsync(task, 1, new CheckpointContent.Full(pair.AfterFiles), cancellationToken: cancellation));
        StoredBytes = saved.Value.StoredBytes;
        await Loading.TimeAsync(() => LoadAsync(task, cancellation));
        if (rounds == 1)
        {
            await CompareAsync(task, cancellation);
        }

        await store.Tasks.DeleteAsync(task, cancellation);
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private async Task<long> LoadAsync(string task, CancellationToken cancellation)
    {
        await using var reader = await store.States.OpenAsync(task, StepRef.At(1), cancellation);
        var pipe = PipeWriter.Create(Stream.Null);
        foreach (var file in reader.Files)
        {
            await reader.CopyToAsync(file.Name, 0, file.Bytes, pipe, cancellation);
        }

        await pipe.CompleteAsync();
        return reader.Files.Sum(file => file.Bytes);
    }

    private async Task CompareAsync(string task, CancellationToken cancellation)
    {
        await using var reader = await store.States.OpenAsync(task, StepRef.At(1), cancellation);
        var bytes = new byte[Blocks.Size];
        for (var tensor = 0; tensor < pair.After.Layout.Tensors.Count; tensor++)
        {
            var info = pair.After.Layout.Tensors[tensor];
            using var found = SHA256.Create();
            using var expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var pipe = PipeWriter.Create(new CryptoStream(Stream.Null, found, CryptoStreamMode.Write));
            await reader.CopyTensorAsync(info.Name, pipe, cancellation);
            await pipe.CompleteAsync();
            for (var block = 0L; block < Blocks.CountOf(info); block++)
            {
                var length = Blocks.LengthOf(info, block);
                pair.After.ReadBlock(tensor, block, bytes.AsSpan(0, length));
                expected.AppendData(bytes, 0, length);
            }

            IsBitExact &= expected.GetHashAndReset().AsSpan().SequenceEqual(found.Hash);
        }
    }
}
