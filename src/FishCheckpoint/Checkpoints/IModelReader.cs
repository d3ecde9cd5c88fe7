using System.IO.Pipelines;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>A file of a base or of a restored checkpoint.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Tag">Identity of its bytes: equal tags mean equal bytes.</param>
/// <param name="Sha256">SHA-256 of its bytes, where it is known.</param>
public sealed record RestoredFile(string Name, long Bytes, Digest Tag, Digest? Sha256);

/// <summary>
/// A full model, ready to be read: a base, or a checkpoint that is rebuilt while it is read, in bounded memory. What is read stays readable
/// while this object lives, whatever is deleted meanwhile. Not safe for use by two callers at once.
/// </summary>
public interface IModelReader : IAsyncDisposable
{
    /// <summary>The model's tensors.</summary>
    Layout Layout { get; }

    /// <summary>The model's files, side files included, ordered by name.</summary>
    IReadOnlyList<RestoredFile> Files { get; }

    /// <summary>The checkpoint that is read, as it was when it was opened; <see langword="null"/> for a base, for what a task starts from,
    /// and where it is not known.</summary>
    CheckpointInfo? Checkpoint => null;

    /// <summary>Writes a range of a file.</summary>
    /// <param name="file">Name of one of <see cref="Files"/>.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes; the range lies inside the file.</param>
    /// <param name="destination">Written and flushed as it goes, not completed.</param>
    /// <param name="cancellation">Ends the copy early.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptBase"/>, <see cref="ErrorCode.CorruptCheckpoint"/>: nothing damaged is
    /// written.
    /// Over a network <see cref="ErrorCode.DigestMismatch"/>: twice a block was not what was sent, and nothing of it is written; <see
    /// cref="ErrorCode.CheckpointChanged"/>: the files
    /// are of another version now than those that were listed.</exception>
    Task CopyToAsync(string file, long offset, long length, PipeWriter destination, CancellationToken cancellation = default);

    /// <summary>Writes the bytes of one tensor.</summary>
    /// <param name="tensor">Its name.</param>
    /// <param name="destination">Written and flushed as it goes, not completed.</param>
    /// <param name="cancellation">Ends the copy early.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TensorUnknown"/>, or damage as above.</exception>
    Task CopyTensorAsync(string tensor, PipeWriter destination, CancellationToken cancellation = default);
}

/// <summary>Restores to disk.</summary>
public static class ModelReaderExtensions
{
    /// <summary>The file of a name.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>.</exception>
    public static RestoredFile FileOf(this IModelReader reader, string name) =>
        reader.Files.FirstOrDefault(file => file.Name == name)
            ?? throw new FishException(
                ErrorCode.FileNotFound, name, "The model has no such file.",
                $"Its files are: {string.Join(", ", reader.Files.Take(20).Select(file => file.Name))}.");

    /// <summary>Writes a file of the model to disk; it appears whole or not at all.</summary>
    /// <param name="reader">The model.</param>
    /// <param name="file">Name of one of its files.</param>
    /// <param name="path">Where it is to appear.</param>
    /// <param name="cancellation">Ends the copy early, leaving nothing.</param>
    /// <exception cref="FishException">As <see cref="IModelReader.CopyToAsync"/>.</exception>
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
