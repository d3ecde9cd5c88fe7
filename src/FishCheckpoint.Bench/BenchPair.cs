using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Bench;

/// <summary>Two open checkpoints of one model: in memory if they are small enough, else read block by block from their files.</summary>
internal sealed class BenchPair : IDisposable
{
    /// <summary>The largest model to load into memory, in bytes; there are two of them.</summary>
    public const long MaxInMemory = 1L << 30;

    private readonly ModelFolder beforeFiles;

    private BenchPair(string beforePath, ModelFolder before, ModelFolder after, long maxInMemory)
    {
        (BeforePath, beforeFiles, AfterFiles) = (beforePath, before, after);
        IsInMemory = before.Layout.Bytes <= maxInMemory;
        Before = IsInMemory ? InMemoryModel.Read(before) : before;
        After = IsInMemory ? InMemoryModel.Read(after) : after;
        Targets = [.. before.Layout.Tensors.Select(info => after.Layout.TryIndexOf(info.Name, out var index) ? index : -1)];
    }

    public string BeforePath { get; }

    public ModelFolder AfterFiles { get; }

    public IBlockReader Before { get; }

    public IBlockReader After { get; }

    public Layout Layout => Before.Layout;

    /// <summary>Whether both are in memory.</summary>
    public bool IsInMemory { get; }

    /// <summary>For each tensor of <see cref="Before"/>, its index in <see cref="After"/>.</summary>
    public IReadOnlyList<int> Targets { get; }

    /// <summary>Opens two files or folders.</summary>
    /// <param name="beforePath">The first one.</param>
    /// <param name="afterPath">The second one.</param>
    /// <param name="maxHeaderLength">The longest safetensors header accepted, in bytes.</param>
    /// <param name="maxInMemory">The largest model to load into memory, in bytes.</param>
    /// <exception cref="FishException">A checkpoint is missing or invalid, or the two have different tensors.</exception>
    public static BenchPair Open(string beforePath, string afterPath, int maxHeaderLength, long maxInMemory = MaxInMemory)
    {
        var before = ModelFolder.Open(beforePath, maxHeaderLength);
        ModelFolder? after = null;
        try
        {
            after = ModelFolder.Open(afterPath, maxHeaderLength);
            RequireAlike(before.Layout, after.Layout);
            return new BenchPair(beforePath, before, after, maxInMemory);
        }
        catch
        {
            after?.Dispose();
            before.Dispose();
            throw;
        }
    }

    /// <summary>The values that changed in each tensor.</summary>
    public long[] CountChanges(CancellationToken cancellation)
    {
        var counts = new long[Layout.Tensors.Count];
        var (diff, chunk) = (new Deltas.StateDiff(Before, After), new Deltas.DeltaChunk());
        while (diff.Read(chunk))
        {
            cancellation.ThrowIfCancellationRequested();
            counts[chunk.Tensor] += chunk.Count;
        }

        return counts;
    }

    public void Dispose()
    {
        beforeFiles.Dispose();
        AfterFiles.Dispose();
    }

    private static void RequireAlike(Layout before, Layout after)
    {
        try
        {
            LayoutMatch.Check(before, after);
        }
        catch (FishException error)
        {
            // This bench has no task that the message could name.
            throw new FishException(
                error.Code, error.Key, "BEFORE and AFTER do not have the same tensors.",
                "Give two checkpoints of one model, in one dtype.", error);
        }
    }
}
