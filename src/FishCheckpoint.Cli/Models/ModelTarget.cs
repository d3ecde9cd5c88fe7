using System.IO.Pipelines;
using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Load;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Models;

/// <summary>The target of a rebuilt model: a path, a pipe or standard output for one file, or a folder for all its files.</summary>
/// <param name="Terminal">Whose standard output is meant by <c>-</c>.</param>
/// <param name="Path">A folder, or the path of the file if the model has only one (or only one of tensors, for
/// <c>*.safetensors</c>).</param>
/// <param name="Replace">Whether to replace files in a folder that no load wrote.</param>
internal sealed record ModelTarget(Terminal Terminal, string Path, bool Replace)
{
    /// <summary>Whether the file goes to standard output, which must carry nothing else then.</summary>
    public bool IsStandardOutput { get; } = Terminal.IsOutput(Path);

    /// <summary>Whether written bytes cannot be undone.</summary>
    public bool IsStream => IsStandardOutput || AtomicFile.IsStream(Path);

    /// <summary>Writes a model. A file or folder appears complete and with the expected digests, or not at
    /// all.</summary>
    /// <param name="reader">The model.</param>
    /// <param name="cancellation">Ends the copy early, leaving nothing.</param>
    public async Task<LoadedModel> WriteAsync(IModelReader reader, CancellationToken cancellation)
    {
        var file = FileFor(reader);
        LoadedModel? loaded = null;
        await Progress.BytesAsync(Terminal, "loading", file?.Bytes ?? reader.Files.Sum(item => item.Bytes), async passed =>
            loaded = file is null ? await ModelLoad.WriteAsync(reader, Path, Replace, passed, cancellation)
                : new LoadedModel([await WriteAsync(reader, file, passed, cancellation)], [], []));
        return loaded!;
    }

    // The model's only file; null if its files go into a folder.
    private RestoredFile? FileFor(IModelReader reader)
    {
        var tensors = reader.Files.Where(file => IsModelFile(file.Name)).ToArray();
        if (IsStream)
        {
            return tensors.Length == 1 ? tensors[0] : throw new FishException(
                ErrorCode.RequestInvalid, Path, $"The model has {tensors.Length} files of tensors, and a pipe takes only one.",
                    "Name a folder.");
        }

        var asFile = !Directory.Exists(Path) && !System.IO.Path.EndsInDirectorySeparator(Path) && tensors.Length == 1
            && (reader.Files.Count == 1 || IsSafetensors(Path));
        return asFile ? tensors[0] : !File.Exists(Path) ? null : throw new FishException(
            ErrorCode.RequestInvalid, Path, $"The path is a file, but the model has {reader.Files.Count} files.",
            "Name a folder.");
    }

    private async Task<LoadedFile> WriteAsync(IModelReader reader, RestoredFile file, Action<long> passed, CancellationToken cancellation)
    {
        if (IsStandardOutput)
        {
            await using var output = Terminal.OpenOutput(Path, $"{ProgramInfo.Name} load TASK STEP -");
            var sent = await CopyAsync(reader, file, output, passed, cancellation);
            return new LoadedFile(Path, file.Bytes, sent, 0);
        }

        if (!IsStream)
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
        }

        using var target = CreateFile();
        var digest = await CopyAsync(reader, file, target.Stream, passed, cancellation);
        target.Commit();
        return new LoadedFile(Path, file.Bytes, digest, 0);
    }

    private AtomicFile CreateFile()
    {
        try
        {
            return AtomicFile.Create(Path);
        }
        catch (DirectoryNotFoundException error)
        {
            throw new FishException(
                ErrorCode.FileNotFound, Path, "The link leads into a folder that does not exist.",
                "Create the folder, or name another file.",
                    error);
        }
    }

    private static async Task<Digest> CopyAsync(IModelReader reader, RestoredFile file, Stream target, Action<long> passed,
        CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var counted = new CountingStream(new HashingStream(target, hash), passed);
        var pipe = PipeWriter.Create(counted, new StreamPipeWriterOptions(minimumBufferSize: 1 << 17, leaveOpen: true));
        await reader.CopyToAsync(file.Name, 0, file.Bytes, pipe, cancellation);
        await pipe.CompleteAsync();
        var digest = Digest.Finish(hash);
        return file.Sha256 is { } expected && expected != digest
            ? throw new FishException(
                ErrorCode.DigestMismatch, file.Name, $"The file has SHA-256 {digest}; expected {expected}.",
                    "Verify the checkpoint; no file was written.")
            : digest;
    }

    // Side files in sub-folders may be tensors of another model.
    private static bool IsModelFile(string name) => !name.Contains('/', StringComparison.Ordinal) && IsSafetensors(name);

    private static bool IsSafetensors(string name) => name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);
}
