using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Models;

/// <summary>Writes a delta to disk as a sparse patch.</summary>
internal static class PatchTarget
{
    /// <summary>Writes the patch. A file appears complete or not at all.</summary>
    public static async Task WriteAsync(
        Terminal terminal, EncodedDelta delta, Layout layout, IEnumerable<KeyValuePair<string, string>> metadata, string path,
            CancellationToken cancellation)
    {
        if (Terminal.IsOutput(path))
        {
            await using var output = terminal.OpenOutput(path, $"{ProgramInfo.Name} diff TASK FROM TO --out -");
            await WriteAsync(delta, layout, metadata, output, cancellation);
            return;
        }

        using var target = AtomicFile.Create(path);
        await WriteAsync(delta, layout, metadata, target.Stream, cancellation);
        target.Commit();
    }

    private static async Task WriteAsync(
        EncodedDelta delta, Layout layout, IEnumerable<KeyValuePair<string, string>> metadata, Stream target,
            CancellationToken cancellation)
    {
        var pipe = PipeWriter.Create(target, new StreamPipeWriterOptions(minimumBufferSize: 1 << 17, leaveOpen: true));
        await new SparsePatchWriter(delta, layout, metadata).WriteToAsync(pipe, cancellation);
        await pipe.CompleteAsync();
    }
}
