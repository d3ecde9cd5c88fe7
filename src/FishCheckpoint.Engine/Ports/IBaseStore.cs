using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>The bytes of bases.</summary>
internal interface IBaseStore : IDisposable
{
    /// <summary>Takes in the files of a base: digested as they come, and checked before they count.</summary>
    /// <param name="files">Each is read once, in their order.</param>
    /// <param name="cancellation">Ends it; nothing stays.</param>
    /// <returns>The base, which is not in its place yet. The caller disposes it.</returns>
    /// <exception cref="Errors.FishException">A file is no file of a model, too large, or cannot be read; the disk fails.</exception>
    Task<IReceivedBase> ReceiveAsync(IAsyncEnumerable<UploadFile> files, CancellationToken cancellation);

    /// <summary>Moves a whole base to its place, durably, over what is there: so adding a base again mends it.</summary>
    /// <remarks>In the transaction that makes the base known; it is unfinished until <see cref="RemoveUnfinished"/>.</remarks>
    void MoveIn(IReceivedBase received);

    /// <summary>
    /// Notes that a base is going: <see cref="RemoveUnfinished"/> removes its files once the store no longer knows it. In the transaction
    /// that deletes it.
    /// </summary>
    void MoveOut(Digest id);

    /// <summary>Bases that are being added or deleted, or were when something ended it.</summary>
    IReadOnlyList<Digest> Unfinished();

    /// <summary>
    /// Removes the files of unfinished bases that the store does not know; alone among writers, so that nobody is adding one.
    /// </summary>
    /// <param name="isKnown">Whether the store knows a base.</param>
    void RemoveUnfinished(Func<Digest, bool> isKnown);

    /// <summary>Opens the blocks of a base, each compared with its checksum as it is read. The caller disposes them.</summary>
    IBaseBlocks Open(BaseContent content);

    /// <summary>Reads a range of a base's file that has no tensors, part by part, each compared with its checksum.</summary>
    /// <param name="id">The base.</param>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where the range begins, in bytes.</param>
    /// <param name="length">Its bytes; it lies inside the file.</param>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.CorruptBase"/>, while it is read.</exception>
    IEnumerable<ReadOnlyMemory<byte>> ReadFile(Digest id, BaseFile file, long offset, long length);

    /// <summary>Bytes that a base's file takes, compressed or not; 0 if it is missing.</summary>
    long LengthOf(Digest id, string file);

    /// <summary>Compares a base's file with what was stored.</summary>
    /// <param name="id">The base.</param>
    /// <param name="file">The file.</param>
    /// <param name="quick">Whether only its length and head are looked at.</param>
    /// <param name="read">Called with the bytes as they are read.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns><see langword="null"/>: it is whole.</returns>
    BaseDamage? Check(Digest id, BaseFile file, bool quick, Action<long>? read, CancellationToken cancellation);
}

/// <summary>A base that has arrived whole. Disposing removes what was not moved to its place.</summary>
internal interface IReceivedBase : IDisposable
{
    /// <summary>What it holds.</summary>
    BaseContent Content { get; }

    /// <summary>What came and is no part of the base, by name.</summary>
    IReadOnlyList<LeftOutFile> LeftOut { get; }
}

/// <summary>Open blocks of a base.</summary>
internal interface IBaseBlocks : IBlockReader, IDisposable;

/// <summary>What is damaged of a base's file.</summary>
/// <param name="Problem">What is wrong first, and how much more is.</param>
/// <param name="Tensors">The tensors that cannot be read; <see langword="null"/> for all of the file.</param>
internal sealed record BaseDamage(string Problem, IReadOnlySet<string>? Tensors);
