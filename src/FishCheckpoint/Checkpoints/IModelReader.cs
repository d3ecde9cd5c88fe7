using System.IO.Pipelines;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>A file of a base or of a checkpoint.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Tag">Identity of its content: equal tags mean equal bytes.</param>
/// <param name="Sha256">SHA-256 of its bytes, if known.</param>
public sealed record RestoredFile(string Name, long Bytes, Digest Tag, Digest? Sha256);

/// <summary>
/// A full model for reading: a base, or a checkpoint that is rebuilt on the fly in bounded memory. It stays readable until it is disposed,
/// even if it is deleted meanwhile. Not thread-safe.
/// </summary>
public interface IModelReader : IAsyncDisposable
{
    /// <summary>The model's tensors.</summary>
    Layout Layout { get; }

    /// <summary>The model's files, including side files, sorted by name.</summary>
    IReadOnlyList<RestoredFile> Files { get; }

    /// <summary>The checkpoint as it was when opened; <see langword="null"/> for a base, for a task's start state, or if unknown.</summary>
    CheckpointInfo? Checkpoint => null;

    /// <summary>Writes a byte range of a file.</summary>
    /// <param name="file">Name of one of <see cref="Files"/>.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">The number of bytes; the range must be inside the file.</param>
    /// <param name="destination">Written and flushed incrementally; not completed.</param>
    /// <param name="cancellation">Cancels the copy.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptBase"/>, <see cref="ErrorCode.CorruptCheckpoint"/>: no damaged bytes are
    /// written. Over a network also <see cref="ErrorCode.DigestMismatch"/>: a block was corrupt twice and was not written;
    /// <see cref="ErrorCode.CheckpointChanged"/>: the files changed since they were listed.</exception>
    Task CopyToAsync(string file, long offset, long length, PipeWriter destination, CancellationToken cancellation = default);

    /// <summary>Writes the bytes of one tensor.</summary>
    /// <param name="tensor">Its name.</param>
    /// <param name="destination">Written and flushed incrementally; not completed.</param>
    /// <param name="cancellation">Cancels the copy.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TensorUnknown"/>, or the errors of <see cref="CopyToAsync"/>.</exception>
    Task CopyTensorAsync(string tensor, PipeWriter destination, CancellationToken cancellation = default);
}

/// <summary>Finds a model's files and saves them to disk.</summary>
public static class ModelReaderExtensions
{
    /// <summary>The file with a name.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>.</exception>
    public static RestoredFile FileOf(this IModelReader reader, string name) =>
        reader.Files.FirstOrDefault(file => file.Name == name)
            ?? throw new FishException(
                ErrorCode.FileNotFound, name, "The model has no such file.",
                $"Its files are: {string.Join(", ", reader.Files.Take(20).Select(file => file.Name))}.");

    /// <summary>Saves a file of the model to disk. The file appears complete or not at all.</summary>
    /// <param name="reader">The model.</param>
    /// <param name="file">Name of one of its files.</param>
    /// <param name="path">The final path.</param>
    /// <param name="cancellation">Cancels the copy and leaves no file.</param>
    /// <exception cref="FishException">The errors of <see cref="IModelReader.CopyToAsync"/>.</exception>
    public static async Task SaveFileAsync(this IModelReader reader, string file, string path, CancellationToken cancellation = default)
    {
        var length = reader.FileOf(file).Bytes;
        using var target = AtomicFile.Create(path);
        var pipe = PipeWriter.Create(target.Stream, new StreamPipeWriterOptions(minimumBufferSize: Blocks.Size, leaveOpen: true));
        await reader.CopyToAsync(file, 0, length, pipe, cancellation);
        await pipe.CompleteAsync();
        target.Commit();
    }
}
