using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Models;

/// <summary>Writes a delta to disk as a sparse patch.</summary>
internal static class PatchTarget
{
    /// <summary>Writes the patch; it appears whole or not at all.</summary>
    public static async Task WriteAsync(EncodedDelta delta, Layout layout, IEnumerable<KeyValuePair<string, string>> metadata, string path, CancellationToken cancellation)
    {
        using var target = AtomicFile.Create(path);
        var pipe = PipeWriter.Create(target.Stream, new StreamPipeWriterOptions(minimumBufferSize: 1 << 17, leaveOpen: true));
        await new SparsePatchWriter(delta, layout, metadata).WriteToAsync(pipe, cancellation);
        await pipe.CompleteAsync();
        target.Commit();
    }
}
