using System.IO.Pipelines;
using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Export;

/// <summary>A model plus the files of a folder that the model itself does not have. Owns neither.</summary>
internal sealed class SideFiles : IModelReader
{
    private static readonly string[] Weights = [".safetensors", ".bin", ".pt", ".pth", ".gguf", ".h5", ".msgpack", ".index.json"];

    private readonly IModelReader model;
    private readonly Dictionary<string, string> paths = new(StringComparer.Ordinal);

    /// <summary>Reads the folder's list of files, and their digests.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>: the folder does not exist.</exception>
    public SideFiles(IModelReader model, string folder)
    {
        this.model = model;
        if (!Directory.Exists(folder))
        {
            throw new FishException(ErrorCode.FileNotFound, folder, "The folder of side files does not exist.", "Check the path.");
        }

        var files = new List<RestoredFile>(model.Files);
        foreach (var path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            if (IsSideFile(name) && model.Files.All(file => file.Name != name))
            {
                using var content = PositionalFile.OpenStream(path);
                var digest = Digest.From(SHA256.HashData(content));
                files.Add(new RestoredFile(FolderNames.Check(name), content.Length, digest, digest));
                paths.Add(name, path);
            }
        }

        Files = [.. files.OrderBy(file => file.Name, StringComparer.Ordinal)];
    }

    public Layout Layout => model.Layout;

    public IReadOnlyList<RestoredFile> Files { get; }

    public CheckpointInfo? Checkpoint => model.Checkpoint;

    public async Task CopyToAsync(string file, long offset, long length, PipeWriter destination, CancellationToken cancellation = default)
    {
        if (!paths.TryGetValue(file, out var path))
        {
            await model.CopyToAsync(file, offset, length, destination, cancellation);
            return;
        }

        await using var content = PositionalFile.OpenStream(path);
        content.Position = offset;
        for (var left = length; left > 0;)
        {
            var memory = destination.GetMemory(1 << 16);
            var count = (int)Math.Min(memory.Length, left);
            await content.ReadExactlyAsync(memory[..count], cancellation);
            destination.Advance(count);
            await destination.FlushAsync(cancellation);
            left -= count;
        }
    }

    public Task CopyTensorAsync(string tensor, PipeWriter destination, CancellationToken cancellation = default) =>
        model.CopyTensorAsync(tensor, destination, cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static bool IsSideFile(string name) => name[0] != '.' && !Weights.Any(end =>
        name.EndsWith(end, StringComparison.OrdinalIgnoreCase));
}
