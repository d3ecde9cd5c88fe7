using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Stores the bytes of bases.</summary>
internal interface IBaseStore : IDisposable
{
    /// <summary>Receives the files of a base and computes their digests; checks them before the base counts.</summary>
    /// <param name="files">The files, each read once and in order.</param>
    /// <param name="cancellationToken">Cancels; nothing remains.</param>
    /// <returns>The base, not yet in its place. The caller disposes it.</returns>
    /// <exception cref="Errors.FishException">A file does not belong to a model, is too large or cannot be read; or the disk
    /// fails.</exception>
    Task<IReceivedBase> ReceiveAsync(IAsyncEnumerable<UploadFile> files, CancellationToken cancellationToken);

    /// <summary>Moves a base to its place durably and replaces existing files, so adding a base again repairs it.</summary>
    /// <remarks>Call it in the transaction that inserts the base; the base is unfinished until <see cref="RemoveUnfinished"/>.</remarks>
    void MoveIn(IReceivedBase received);

    /// <summary>
    /// Marks a base as being deleted; <see cref="RemoveUnfinished"/> removes its files once the store has no such base. Call it in the
    /// transaction that deletes the base.
    /// </summary>
    void MoveOut(Digest id);

    /// <summary>Bases whose addition or deletion is in progress or was interrupted.</summary>
    IReadOnlyList<Digest> Unfinished();

    /// <summary>
    /// Removes the files of unfinished bases that the store does not have. Call it as the only writer, so that no base is being added.
    /// </summary>
    /// <param name="isKnown">Whether the store has a base.</param>
    void RemoveUnfinished(Func<Digest, bool> isKnown);

    /// <summary>Opens the blocks of a base; each is compared with its checksum when read. The caller disposes them.</summary>
    IBaseBlocks Open(BaseContent content);

    /// <summary>Reads a range of a file without tensors in parts, each compared with its checksum.</summary>
    /// <param name="id">The base.</param>
    /// <param name="file">The file.</param>
    /// <param name="offset">The start of the range, in bytes.</param>
    /// <param name="length">The length of the range, which lies inside the file.</param>
    /// <exception cref="Errors.FishException">While reading.</exception>
    IEnumerable<ReadOnlyMemory<byte>> ReadFile(Digest id, BaseFile file, long offset, long length);

    /// <summary>Bytes of a base's file on disk; 0 if it is missing.</summary>
    long LengthOf(Digest id, string file);

    /// <summary>Compares a base's file with its recorded length and checksums.</summary>
    /// <param name="id">The base.</param>
    /// <param name="file">The file.</param>
    /// <param name="quick">Checks only the length and the head.</param>
    /// <param name="read">Called with the number of bytes of each read.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns><see langword="null"/> if the file is whole.</returns>
    BaseDamage? Check(Digest id, BaseFile file, bool quick, Action<long>? read, CancellationToken cancellationToken);
}

/// <summary>A base that was received completely. Disposing removes the files that were not moved to their place.</summary>
internal interface IReceivedBase : IDisposable
{
    /// <summary>The content of the base.</summary>
    BaseContent Content { get; }

    /// <summary>The files that are not part of the base, by name.</summary>
    IReadOnlyList<LeftOutFile> LeftOut { get; }
}

/// <summary>The open blocks of a base.</summary>
internal interface IBaseBlocks : IBlockReader, IDisposable;

/// <summary>Damage of a base's file.</summary>
/// <param name="Problem">The first problem, and the number of others.</param>
/// <param name="Tensors">The tensors that cannot be read; <see langword="null"/> for the whole file.</param>
internal sealed record BaseDamage(string Problem, IReadOnlySet<string>? Tensors);
