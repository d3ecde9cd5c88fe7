using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Writing;

/// <summary>Distributes frames over files, like the model's own files or by size.</summary>
internal static class FrameShards
{
    /// <summary>The frames of each file; no file is empty.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="files">The model file of each tensor.</param>
    /// <param name="shardSize">The size after which the next file begins, in bytes; <see langword="null"/>: like the model's own
    /// files.</param>
    public static List<List<SpooledFrame>> Of(
        IReadOnlyList<SpooledFrame> frames, IReadOnlyDictionary<string, int> files, long? shardSize) => shardSize is { } most
        ? BySize(frames, most) : [.. frames.GroupBy(frame => files.GetValueOrDefault(frame.Tensor.Name)).OrderBy(group => group.Key)
            .Select(group => group.ToList())];

    /// <summary>Writes frames as a safetensors file.</summary>
    public static void Write(StagedVersion version, string file, IReadOnlyList<SpooledFrame> frames, FrameSpool spool, bool withChecksums)
    {
        var metadata = withChecksums
            ? frames.ToDictionary(frame => frame.Tensor.Name, frame => frame.Checksum, StringComparer.Ordinal) : null;
        var header = HeaderWriter.Create(frames.Select(frame => new TensorInfo(frame.Tensor.Name, DType.U8, [frame.Length])), metadata);
        version.Write(file, stream =>
        {
            stream.Write(header.ToFileBytes());
            foreach (var frame in frames)
            {
                SpoolCopy.To(stream, spool.Bytes, frame.Begin, frame.Length);
            }
        });
    }

    private static List<List<SpooledFrame>> BySize(IReadOnlyList<SpooledFrame> frames, long most)
    {
        var (shards, size) = (new List<List<SpooledFrame>>(), 0L);
        foreach (var frame in frames)
        {
            if (shards.Count == 0 || size + frame.Length > most)
            {
                shards.Add([]);
                size = 0;
            }

            shards[^1].Add(frame);
            size += frame.Length;
        }

        return shards;
    }
}
