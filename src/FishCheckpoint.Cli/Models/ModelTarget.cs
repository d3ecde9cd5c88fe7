using System.IO.Pipelines;
using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Models;

/// <summary>Writes a rebuilt model to disk: its one file to a path, or all its files into a folder.</summary>
internal static class ModelTarget
{
    /// <summary>Which files go where.</summary>
    /// <param name="files">The model's files.</param>
    /// <param name="path">A folder, or the path of the file where the model has only one (or only one of tensors, for <c>*.safetensors</c>).</param>
    public static IReadOnlyList<(RestoredFile File, string Path)> Plan(IReadOnlyList<RestoredFile> files, string path)
    {
        var tensors = files.Where(file => IsSafetensors(file.Name)).ToArray();
        var asFile = !Directory.Exists(path) && tensors.Length == 1 && (files.Count == 1 || IsSafetensors(path));
        if (asFile)
        {
            return [(tensors[0], path)];
        }

        var names = new FolderNames();
        return [.. files.Select(file => (file, Path.Combine(path, names.Add(file.Name))))];
    }

    /// <summary>Writes a file; it appears whole, and with the digest that it is known to have, or not at all.</summary>
    /// <param name="reader">The model.</param>
    /// <param name="file">One of its files.</param>
    /// <param name="path">Where it is to appear.</param>
    /// <param name="passed">Told how many bytes went.</param>
    /// <param name="cancellation">Ends the copy early, leaving nothing.</param>
    /// <returns>The SHA-256 of what was written.</returns>
    public static async Task<Digest> WriteAsync(
        IModelReader reader, RestoredFile file, string path, Action<long> passed, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        using var target = AtomicFile.Create(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var counted = new CountingStream(new HashingStream(target.Stream, hash), passed);
        var pipe = PipeWriter.Create(counted, new StreamPipeWriterOptions(minimumBufferSize: 1 << 17, leaveOpen: true));
        await reader.CopyToAsync(file.Name, 0, file.Bytes, pipe, cancellation);
        await pipe.CompleteAsync();
        var digest = Digest.Finish(hash);
        if (file.Sha256 is { } expected && expected != digest)
        {
            throw new FishException(
                ErrorCode.DigestMismatch, file.Name, $"The file was to have SHA-256 {expected}; it has {digest}.", "Verify the checkpoint; nothing was written.");
        }

        target.Commit();
        return digest;
    }

    private static bool IsSafetensors(string name) => name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);
}
